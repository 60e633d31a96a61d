// Looks into a lab node from outside, as whoever turns a machine on does: no login, no host key.
import type { Node } from "../../../engine/spec/node.ts";
import { cgroupRoot } from "../../../providers/lab/machine.ts";
import { labNames } from "../../../providers/lab/names.ts";
import { cgroupOf } from "../../../providers/lab/nodes.ts";
import { openLab } from "../../../providers/lab/test_support.ts";

/** Process 1 of a node, as this machine numbers it. */
async function initOf(folder: string, node: Node): Promise<string> {
  const root = cgroupRoot(await Deno.readTextFile("/proc/self/mounts"));
  const script = `find "$1" -name cgroup.procs -exec cat {} + | while read -r pid; do
    if grep -qs '^NSpid:.*[[:space:]]1$' "/proc/$pid/status"; then echo "$pid"; break; fi
  done`;
  const group = `${root}/${cgroupOf(labNames(`${folder}/lab/guests`), node.id)}`;
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script, "init", group] }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Runs bash in a node, as root. */
export async function inside(
  folder: string,
  node: Node,
  script: string,
  ...words: readonly string[]
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("nsenter", {
    args: ["--target", await initOf(folder, node), "--all", "--", "bash", "-c", script, "inside", ...words],
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
    clearEnv: true,
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout);
  if (success) return said;
  throw new Error(`the guest cannot be set up: ${said}${new TextDecoder().decode(stderr)}`);
}

/** Runs bash in the guest of a machine of a stand-in in this folder, as root. */
export async function insideGuest(folder: string, name: string, script: string): Promise<string> {
  const lab = await openLab(`${folder}/lab`, "guests");
  try {
    const node = (await lab.nodes()).find((one) => one.name === name);
    if (node === undefined) throw new Error(`there is no guest ${name}`);
    return await inside(folder, node, script);
  } finally {
    await lab.close();
  }
}
