import { join } from "node:path";
import { PalletError } from "../errors.ts";
import { fileName, privateFolder, unwritable } from "./files.ts";

/** Folder of the locks, in that of the state. */
const LOCKS = "locks";

/** Who holds a lock. */
export interface Holder {
  readonly run: string;
  /** What it does, in a word or two: `lift configure`. */
  readonly what?: string;
  /** `user@host pid N` */
  readonly who: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Folder of its project. */
  readonly folder?: string;
}

/** A lock that is held. */
export interface Lock {
  /** Folders of the projects that worked on the groups before, by group. */
  readonly before: ReadonlyMap<string, string>;
  /** Gives it back, a second call does nothing. With `worked` the groups are the holder's project's from now on. */
  release(worked?: boolean): void;
}

function holderOf(text: string): Partial<Holder> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    // The holder may be between taking the lock and saying who it is.
    return {};
  }
}

/** Who holds a lock, or held it last. */
function holderIn(path: string): Partial<Holder> {
  try {
    return holderOf(Deno.readTextFileSync(path));
  } catch {
    // Whoever cannot be read is not named; the lock itself is the system's.
    return {};
  }
}

function held(service: string, group: string, path: string): PalletError {
  const { run, what, who, pid, since } = holderIn(path);
  const named = `run ${run ?? "?"}${what === undefined ? "" : ` (${what})`}`;
  const by = who === undefined ? "another run" : `${named} of ${who}, since ${since ?? "?"}`;
  return new PalletError(`Cannot work on group "${group}" of service "${service}": ${by} holds it`, {
    kind: "usage",
    help: pid === undefined
      ? "Wait for it to end."
      : `Wait for it to end, with --lock-wait SECONDS, or end it with "kill ${pid}"; the lock goes with its process.`,
  });
}

async function take(path: string, deadline: number, signal?: AbortSignal): Promise<Deno.FsFile | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (cause) {
    throw unwritable(path, cause);
  }
  try {
    while (!file.tryLockSync(true)) {
      if (performance.now() >= deadline || signal?.aborted) {
        file.close();
        return undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return file;
  } catch (cause) {
    file.close();
    throw unwritable(path, cause);
  }
}

function say(file: Deno.FsFile, path: string, holder: Holder): void {
  try {
    file.truncateSync(0);
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(new TextEncoder().encode(`${JSON.stringify(holder)}\n`));
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function pathOf(folder: string, service: string, group: string): string {
  return join(folder, `${fileName(service)}.${fileName(group)}.lock`);
}

/** The folder of the project that worked on a group last, as far as this workstation knows. */
export function lastFolder(stateDir: string, service: string, group: string): string | undefined {
  return holderIn(pathOf(join(stateDir, LOCKS), service, group)).folder;
}

/**
 * Takes the locks of some groups of a service on this workstation, all or none. They are locks of the system's: a
 * process that ends, however it ends, holds none, so that no lock is ever left behind.
 *
 * @param wait Seconds to wait for another run.
 * @throws {PalletError} that names the holder.
 */
export async function lockGroups(
  stateDir: string,
  service: string,
  groups: readonly string[],
  holder: Holder,
  options: { readonly wait?: number; readonly signal?: AbortSignal } = {},
): Promise<Lock> {
  const folder = await privateFolder(stateDir, LOCKS);
  const deadline = performance.now() + (options.wait ?? 0) * 1000;
  const files: { readonly file: Deno.FsFile; readonly path: string }[] = [];
  const before = new Map<string, string>();
  const release = (worked = false) => {
    for (const { file, path } of files.splice(0)) {
      try {
        if (worked) say(file, path, holder);
      } catch {
        // It is for the next run to read; this one is over.
      } finally {
        file.close();
      }
    }
  };
  // Always in the same order, so that two runs never wait for each other.
  for (const group of [...new Set(groups)].sort()) {
    const path = pathOf(folder, service, group);
    try {
      const file = await take(path, deadline, options.signal);
      if (file === undefined) throw held(service, group, path);
      files.push({ file, path });
      const { folder: last = holder.folder } = holderIn(path);
      if (last !== undefined) before.set(group, last);
      say(file, path, { ...holder, ...(last === undefined ? {} : { folder: last }) });
    } catch (thrown) {
      release();
      throw thrown;
    }
  }
  return { before, release };
}
