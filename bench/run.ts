// `deno task bench`: the thirty-action job on lab nodes, by Pallet and by hand through OpenSSH, in the same run.
import { ready } from "../examples/lab.ts";
import { type Cpu, cpuClock } from "./cpu.ts";
import { median, mustRun, table, time } from "./measure.ts";
import { planThousand } from "./plan.ts";
import { startupTable } from "./startup.ts";

const FOLDER = new URL("./job/", import.meta.url).pathname;
const ROOT = new URL("../", import.meta.url).pathname;
const PALLET = `${ROOT}dist/pallet`;
const SIZES = (Deno.args[0] ?? "1,10,50").split(",").map(Number);
const ROUNDS = Number(Deno.args[1] ?? 5);

/** How OpenSSH is called: as it comes, and with the key exchange that ssh2 uses as well. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  "ssh, default": [],
  "ssh, curve25519": ["-o", "KexAlgorithms=curve25519-sha256"],
};

interface Address {
  readonly address: string;
  readonly identity: string;
  readonly folder: string;
}

const pallet = (...args: readonly string[]): Promise<void> => mustRun(PALLET, args, FOLDER);

async function addresses(): Promise<readonly Address[]> {
  const { stdout } = await new Deno.Command(PALLET, { args: ["nodes", "--json"], cwd: FOLDER }).output();
  const nodes: { primaryIp: string; extra: { folder: string } }[] = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return nodes.map((node) => ({
    address: node.primaryIp,
    folder: node.extra.folder,
    identity: new URL("../../id_ed25519", `file://${node.extra.folder}/`).pathname,
  }));
}

/** One script on all nodes at once, a process of ssh each. */
function byHand(script: string, nodes: readonly Address[], options: readonly string[]): Promise<void> {
  const common = [
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "LogLevel=ERROR",
  ];
  return mustRun("bash", [
    "-c",
    `script=$1 identity=$2 count=$3; shift 3; nodes=("\${@:1:count}"); shift "$count"; pids=()
     for node in "\${nodes[@]}"; do ssh -i "$identity" "$@" "root@$node" 'bash -s' <"$script" & pids+=($!); done
     for pid in "\${pids[@]}"; do wait "$pid" || exit 1; done`,
    "by-hand",
    `${FOLDER}${script}`,
    nodes[0]?.identity ?? "",
    String(nodes.length),
    ...nodes.map(({ address }) => address),
    ...common,
    ...options,
  ], FOLDER);
}

/** The same by one process of ours for all nodes, which does nothing else. */
function bare(script: string, nodes: readonly Address[]): Promise<void> {
  const program = new URL("./bare.ts", import.meta.url).pathname;
  const identity = nodes[0]?.identity ?? "";
  return mustRun(Deno.execPath(), [
    "run",
    "--quiet",
    "--allow-all",
    "--no-check",
    program,
    identity,
    `${FOLDER}${script}`,
    ...nodes.map(({ address }) => address),
  ], ROOT);
}

/** What one run took, in milliseconds. */
interface Cost extends Cpu {
  readonly wall: number;
}

/** What a run cost that found everything to do, and one that found nothing. */
type Costs = Readonly<Record<"first" | "again", Cost>>;

async function costOf(run: () => Promise<void>, clock: () => Promise<Cpu>): Promise<Cost> {
  const before = await clock();
  const wall = await time(run);
  const after = await clock();
  return { wall, client: after.client - before.client, nodes: after.nodes - before.nodes };
}

/** Words of a table: medians of both runs, times against a limit, processor time for each node. */
function cells(costs: readonly Costs[], limit: readonly Costs[], size: number): readonly string[] {
  return (["first", "again"] as const).flatMap((phase) => {
    const of = (what: keyof Cost, some = costs) => median(some.map((cost) => cost[phase][what]));
    return [
      `${of("wall").toFixed(0)} ms`,
      (of("wall") / of("wall", limit)).toFixed(2),
      `${(of("client") / size).toFixed(0)} + ${(of("nodes") / size).toFixed(0)} ms`,
    ];
  });
}

async function measure(size: number): Promise<readonly (readonly string[])[]> {
  await pallet("converge", `bench=${size}`, "--no-phases", "--yes", "--quiet");
  const nodes = await addresses();
  const clock = await cpuClock(nodes.map(({ folder }) => folder));
  const runs: Record<string, () => Promise<void>> = {
    pallet: () => pallet("lift", "bench", "--quiet"),
    ...Object.fromEntries(
      Object.entries(VARIANTS).map(([name, options]) => [name, () => byHand("by-hand.sh", nodes, options)]),
    ),
    "bare client": () => bare("by-hand.sh", nodes),
  };
  const costs = new Map(Object.keys(runs).map((name) => [name, [] as Costs[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of Object.entries(runs)) {
      await byHand("undo.sh", nodes, []);
      const cost = { first: await costOf(run, clock), again: await costOf(run, clock) };
      if (round > 0) costs.get(name)?.push(cost); // before that, caches are filled
    }
  }
  const limit = costs.get("ssh, default") ?? [];
  return [...costs].map(([name, some]) => [String(size), name, ...cells(some, limit, size)]);
}

if (!await ready()) Deno.exit(2);
// What users run is measured: the executable.
await mustRun(Deno.execPath(), ["task", "--quiet", "compile"], ROOT);
try {
  const cpu = "CPU of client + node";
  const rows: (readonly string[])[] = [
    ["nodes", "by", "first run", "ratio", cpu, "no change", "ratio", cpu],
  ];
  for (const size of SIZES) rows.push(...await measure(size));
  console.log(table(rows));
} finally {
  await pallet("destroy", "--yes", "--quiet");
}
console.log(`\nplan of 1000 targets x 30 actions: ${(await planThousand()).toFixed(0)} ms`);
console.log(`\n${await startupTable()}`);
