// `deno task bench`: the thirty-action job on lab nodes, by Pallet and by hand through OpenSSH, in the same run.
import { ready } from "../examples/lab.ts";
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
}

const pallet = (...args: readonly string[]): Promise<void> => mustRun(PALLET, args, FOLDER);

async function addresses(): Promise<readonly Address[]> {
  const { stdout } = await new Deno.Command(PALLET, { args: ["nodes", "--json"], cwd: FOLDER }).output();
  const nodes: { primaryIp: string; extra: { folder: string } }[] = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return nodes.map((node) => ({
    address: node.primaryIp,
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

/** Times of a first run and of a run that finds nothing to do. */
async function firstAndSecond(
  nodes: readonly Address[],
  run: () => Promise<void>,
): Promise<{ readonly first: number; readonly second: number }> {
  await byHand("undo.sh", nodes, []);
  return { first: await time(run), second: await time(run) };
}

async function measure(size: number): Promise<readonly (readonly string[])[]> {
  await pallet("converge", `bench=${size}`, "--no-phases", "--yes", "--quiet");
  const nodes = await addresses();
  const runs: Record<string, () => Promise<void>> = {
    pallet: () => pallet("lift", "bench", "--quiet"),
    ...Object.fromEntries(
      Object.entries(VARIANTS).map(([name, options]) => [name, () => byHand("by-hand.sh", nodes, options)]),
    ),
  };
  const times = new Map(
    Object.keys(runs).map((name) => [name, { first: [] as number[], second: [] as number[] }]),
  );
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const { first, second } = await firstAndSecond(nodes, run);
      if (round === 0) continue; // caches are filled
      times.get(name)?.first.push(first);
      times.get(name)?.second.push(second);
    }
  }
  const limit = times.get("ssh, default");
  return [...times].map(([name, { first, second }]) => [
    String(size),
    name,
    `${median(first).toFixed(0)} ms`,
    (median(first) / median(limit?.first ?? [])).toFixed(2),
    `${median(second).toFixed(0)} ms`,
    (median(second) / median(limit?.second ?? [])).toFixed(2),
  ]);
}

if (!await ready()) Deno.exit(2);
// What users run is measured: the executable.
await mustRun(Deno.execPath(), ["task", "--quiet", "compile"], ROOT);
try {
  const rows: (readonly string[])[] = [["nodes", "by", "first run", "ratio", "no change", "ratio"]];
  for (const size of SIZES) rows.push(...await measure(size));
  console.log(table(rows));
} finally {
  await pallet("destroy", "--yes", "--quiet");
}
console.log(`\nplan of 1000 targets x 30 actions: ${(await planThousand()).toFixed(0)} ms`);
console.log(`\n${await startupTable()}`);
