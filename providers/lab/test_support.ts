// What the tests of the lab share: whether it can run here, and where its images are kept from run to run.
import { homedir } from "node:os";
import { join } from "node:path";
import type { CreateRequest, Provider } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import { checkMachine } from "./machine.ts";
import { provider } from "./mod.ts";
import { labNames } from "./names.ts";

/** The images' folder: the one that the command line uses, so that each is built once. */
export const labCache: string = join(
  Deno.env.get("XDG_CACHE_HOME") ?? join(homedir(), ".cache"),
  "pallet",
  "providers",
  "lab",
);

/** Why the lab cannot be tested here; `undefined` when it can. */
export async function whyNoLab(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "nodes of the lab take root on Linux";
  return (await checkMachine(0))[0]?.message;
}

/** Opens a lab with state in a folder. */
export function openLab(stateDir: string, name = "test"): Promise<Provider> {
  const service = { name, provider: "lab", options: {} };
  return provider.open(service, { stateDir, cacheDir: labCache, progress: () => {} });
}

/** Makes nodes and waits until they can be used. */
export async function makeNodes(lab: Provider, request: Partial<CreateRequest>): Promise<readonly Node[]> {
  const nodes: Node[] = [];
  const whole = {
    group: "t",
    names: ["t-1"],
    nodeSpec: { image: { imageId: "host" } },
    tags: {},
    token: crypto.randomUUID(),
  };
  for await (const result of lab.create({ ...whole, ...request })) {
    if ("error" in result) throw new Error(`${result.name}: ${result.error}`);
    nodes.push(result.node);
  }
  await Promise.all(nodes.map((node) => Array.fromAsync(lab.ready(node))));
  return nodes.sort((one, other) => one.name.localeCompare(other.name));
}

/** Runs a command on a node, with input if any, by OpenSSH, strict about the host key that the lab attests. */
export async function onNode(
  lab: Provider,
  node: Node,
  command: string,
  input?: ReadableStream<Uint8Array>,
): Promise<{ readonly status: number; readonly output: string }> {
  const route = await lab.route(node);
  if (route.kind !== "ssh") throw new TypeError("a lab node is reached by ssh");
  const knownHosts = await Deno.makeTempFile();
  try {
    const lines = route.hostKeys.map((key) => `${route.hostKeyAlias} ${key}\n`).join("");
    await Deno.writeTextFile(knownHosts, lines);
    const options = [
      "BatchMode=yes",
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile=${knownHosts}`,
      `HostKeyAlias=${route.hostKeyAlias}`,
      "IdentitiesOnly=yes",
    ];
    const child = new Deno.Command("ssh", {
      args: [
        ...["-F", "none", ...options.flatMap((option) => ["-o", option])],
        ...route.identities.flatMap((file) => ["-i", file]),
        ...[`${route.user}@${route.address}`, command],
      ],
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [{ code, stdout, stderr }] = await Promise.all([child.output(), input?.pipeTo(child.stdin)]);
    const decoder = new TextDecoder();
    return { status: code, output: `${decoder.decode(stdout)}${decoder.decode(stderr)}`.trim() };
  } finally {
    await Deno.remove(knownHosts);
  }
}

/** Whatever the machine has of one lab: links, mounts, rules, cgroups, processes, files. Others may be at work too. */
export async function tracesOf(stateDir: string, name = "test"): Promise<readonly string[]> {
  const folder = join(stateDir, name);
  const { id, cgroup } = labNames(folder);
  const traces: string[] = [];
  const look = async (program: string, args: readonly string[], mark: string) => {
    const { stdout } = await new Deno.Command(program, { args: [...args], stderr: "null" }).output();
    const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(mark));
    traces.push(...lines.map((line) => `${program}: ${line}`));
  };
  await look("ip", ["-o", "link"], id);
  await look("nft", ["list", "ruleset"], id);
  await look("findmnt", ["--list", "--noheadings"], folder);
  await look("find", ["/sys/fs/cgroup", "-type", "d"], cgroup);
  // A process of a deleted cgroup has ended, and waits for the machine's process 1 to take note of it.
  await look("sh", ["-c", "cat /proc/[0-9]*/cgroup | grep -v '(deleted)$' | sort -u"], cgroup);
  await look("find", [stateDir], folder);
  return traces;
}
