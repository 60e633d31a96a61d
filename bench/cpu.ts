// Processor time, which other work on the machine disturbs less than it does the clock on the wall.
import { basename } from "node:path";
import { cgroupRoot } from "../providers/lab/machine.ts";

/** Milliseconds of processor time since the beginning: of all children that have ended, and of all in the nodes. */
export interface Cpu {
  readonly client: number;
  readonly nodes: number;
}

/** Ticks of `/proc/PID/stat` in a second. */
const TICKS = 100;

/** A clock of processor time for lab nodes, by their folders. */
export async function cpuClock(folders: readonly string[]): Promise<() => Promise<Cpu>> {
  const root = cgroupRoot(await Deno.readTextFile("/proc/self/mounts")) ?? "/sys/fs/cgroup";
  const labs = [...Deno.readDirSync(root)].filter(({ name }) => name.startsWith("pallet-lab-"));
  const files = folders.flatMap((folder) => {
    const ways = labs.map(({ name }) => `${root}/${name}/${basename(folder)}/cpu.stat`);
    return ways.filter((way) => {
      try {
        return Deno.statSync(way).isFile;
      } catch {
        return false;
      }
    });
  });
  return async () => {
    const own = await Deno.readTextFile("/proc/self/stat");
    const [user = 0, system = 0] = own.slice(own.lastIndexOf(")") + 2).split(" ").slice(13, 15).map(Number);
    const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
    const used = texts.map((text) => Number(/^usage_usec (\d+)$/m.exec(text)?.[1] ?? NaN));
    return {
      client: (user + system) * (1000 / TICKS),
      nodes: used.reduce((sum, one) => sum + one, 0) / 1000,
    };
  };
}
