// What a guest has written is on its machine's disk: clones of that have it, and machines of these clones.
import type { Node } from "../../../engine/spec/node.ts";
import type { Provider } from "../../../engine/provider/provider.ts";
import { inside } from "./inside.ts";

function diskOf(node: Node): string {
  return `${node.extra?.["folder"]}/disk`;
}

/** Copies what a node has written over its image and of its own, with what stands for what it deleted. */
async function copyDisk(from: string, to: string): Promise<void> {
  const script =
    'for part in upper own; do rm -rf "$2/$part" && mkdir -p "$2" && cp -a "$1/$part" "$2/"; done';
  const { success } = await new Deno.Command("bash", { args: ["-c", script, "copy", from, to] }).output();
  if (!success) throw new Error(`${from} cannot be copied`);
}

/** Puts what the guest of a machine that is off has written on the clone of its disk. */
export async function cloneGuest(folder: string, node: Node, disk: string): Promise<void> {
  const id = crypto.randomUUID();
  await copyDisk(diskOf(node), `${folder}/written/${id}`);
  await Deno.writeTextFile(disk, `guest ${id}\n`, { append: true });
}

/** What process 1 does at each boot that matters here, where the node has another: name, id, and units that make keys. */
const BOOT = `set -e
hostname "$(cat /etc/hostname)"
[ -s /etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
for unit in /etc/systemd/system/multi-user.target.wants/*.service; do
  missing=$(sed -n 's/^ConditionPathExistsGlob=!//p' "$unit")
  [ -n "$missing" ] || continue
  compgen -G "$missing" >/dev/null || $(sed -n 's/^ExecStart=//p' "$unit")
done
until pgrep -x sshd >/dev/null; do sleep 0.05; done`;

/** Boots a new node with what is on a disk; whether there is anything. */
export async function bootGuest(
  folder: string,
  provider: Provider,
  node: Node,
  disk: string,
): Promise<boolean> {
  const id = /^guest (\S+)$/m.exec(await Deno.readTextFile(disk))?.[1];
  if (id === undefined) return false;
  await provider.stop([node]);
  await copyDisk(`${folder}/written/${id}`, diskOf(node));
  await provider.start([node]);
  await inside(folder, node, BOOT);
  return true;
}
