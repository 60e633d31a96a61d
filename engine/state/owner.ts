// Which process of which machine: so that who comes after a process that is gone need not wait for it.
import { userInfo } from "node:os";
import { readSystemFile } from "../system_file.ts";

/** State and time of the start, in ticks since the machine's, of a process; nothing when there is none. */
async function processOf(pid: number | string): Promise<{ state: string; start: string } | undefined> {
  let line: string;
  try {
    line = await readSystemFile(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  // The name before may hold anything, brackets too.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, start] = [fields[0], fields[19]];
  return state === undefined || start === undefined ? undefined : { state, start };
}

/**
 * This start of this machine, or of the container that is one, as this user sees it: only within that do numbers of
 * processes mean something. Nothing where /proc does not tell.
 */
async function world(): Promise<string | undefined> {
  try {
    const [boot, first] = await Promise.all([
      readSystemFile("/proc/sys/kernel/random/boot_id"),
      processOf(1),
    ]);
    return first && [boot.trim(), first.start, Deno.hostname(), Deno.uid()].join(" ");
  } catch {
    return undefined;
  }
}

/**
 * This process, told apart from all others, also from later ones with its number. Nothing where that is not known.
 *
 * @example
 * ```ts
 * import { isGone, thisOwner } from "./owner.ts";
 *
 * const owner = await thisOwner();
 * console.assert(owner === undefined || !await isGone(owner));
 * ```
 */
export async function thisOwner(): Promise<string | undefined> {
  const [where, own] = await Promise.all([world(), processOf(Deno.pid)]);
  return where === undefined || own === undefined ? undefined : `${Deno.pid} ${own.start} ${where}`;
}

/** Whether a process ran on this machine and runs no more. Of any other nothing is known: then it is not gone. */
export async function isGone(owner: string): Promise<boolean> {
  const [, pid = "", start, where] = /^(\d+) (\d+) (.+)$/.exec(owner) ?? [];
  if (where === undefined) return false;
  const found = await processOf(pid);
  // Asked last: a process is only known to be gone while others can be seen.
  if (where !== await world()) return false;
  return found === undefined || found.start !== start || found.state === "Z" || found.state === "X";
}

/** Name of the user, or the number of one whom the system does not name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${Deno.uid()}`;
  }
}

/** Who runs this, for others who find it in their way: `ann@desk pid 7`. */
export function holderName(): string {
  return `${userName()}@${Deno.hostname()} pid ${Deno.pid}`;
}
