// pallet.lock as a file: several processes of one project may add to it at once.
import { dirname, join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { EMPTY_LOCK, type LockData, lockText, parseLock } from "./lock.ts";

/** The lock of a project; an empty one when there is no file yet. */
export async function readLock(file: string): Promise<LockData> {
  try {
    return parseLock(await Deno.readTextFile(file), file);
  } catch (cause) {
    if (cause instanceof PalletError) throw cause;
    if (cause instanceof Deno.errors.NotFound) return EMPTY_LOCK;
    throw new PalletError(`Cannot read "${file}": ${messageOf(cause)}`, { kind: "config", cause });
  }
}

/** Writes a file, whole or not at all. */
export async function replaceText(file: string, text: string): Promise<void> {
  const temporary = `${file}.${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(temporary, text);
    await Deno.rename(temporary, file);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => undefined);
    throw cause;
  }
}

async function isStill(held: Deno.FsFile, path: string): Promise<boolean> {
  const [own, there] = [await held.stat(), await Deno.stat(path).catch(() => undefined)];
  return there !== undefined && own.ino === there.ino && own.dev === there.dev;
}

/**
 * Does something in a project's folder while no other process does. The file that is held is removed at the end: who has opened it meanwhile
 * holds something that is gone, sees so, and makes another.
 */
export async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = join(folder, ".pallet.lock.held");
  for (;;) {
    const held = await Deno.open(path, { create: true, write: true });
    try {
      await held.lock(true);
      if (!await isStill(held, path)) continue;
      try {
        return await work();
      } finally {
        await Deno.remove(path).catch(() => undefined);
      }
    } finally {
      held.close();
    }
  }
}

type Entries = Readonly<Record<string, string>>;

/** What two processes made of the same entries; the first entry that both changed, each to something else, is an error. */
function mergeEntries(base: Entries, mine: Entries, theirs: Entries, file: string): Entries {
  const merged = new Map(Object.entries(theirs));
  for (const key of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    const [was, now, other] = [base, mine, theirs].map((one) =>
      Object.hasOwn(one, key) ? one[key] : undefined
    );
    if (now === was || now === other) continue;
    if (other !== was) {
      throw new PalletError(`Cannot lock "${key}" in "${file}": another process just locked it as ${other}`, {
        kind: "config",
        help: `Here it is ${
          now ?? "not needed"
        }. Look at it with \`pallet crate verify\`, and run this again.`,
      });
    }
    if (now === undefined) merged.delete(key);
    else merged.set(key, now);
  }
  return Object.fromEntries(merged);
}

/** A lock with what was changed from `base` to `mine`, besides what others changed meanwhile. */
export function mergeLocks(base: LockData, mine: LockData, theirs: LockData, file: string): LockData {
  const of = (part: keyof LockData) => mergeEntries(base[part], mine[part], theirs[part], file);
  return { ranges: of("ranges"), redirects: of("redirects"), modules: of("modules") };
}

/**
 * Writes what changed in a lock since it was read, and keeps what other processes wrote meanwhile.
 *
 * @throws {PalletError} when it cannot be written, or when another process locked something else for the same entry.
 */
export async function changeLock(file: string, base: LockData, mine: LockData): Promise<void> {
  try {
    await alone(
      dirname(file),
      async () => replaceText(file, lockText(mergeLocks(base, mine, await readLock(file), file))),
    );
  } catch (cause) {
    if (cause instanceof PalletError) throw cause;
    throw new PalletError(`Cannot write "${file}": ${messageOf(cause)}`, {
      kind: "config",
      help: "Make its folder writable, or lock elsewhere and use --frozen here.",
      cause,
    });
  }
}
