// The workstation's disk, as far as actions may read it.
import { createHash } from "node:crypto";
import { isAbsolute, relative, resolve } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import type { LocalFile, LocalFiles } from "./contents.ts";

/** What {@linkcode localFiles} gives access to. */
export interface LocalFilesOptions {
  /** Folder of the infra file: relative paths start here, and all that is in it may be used. */
  readonly root: string;
  /** Further files and folders that may be used, absolute. */
  readonly allowed?: readonly string[];
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith("../") && !isAbsolute(way));
}

function unreadable(path: string, thrown: unknown): PalletError {
  const reason = thrown instanceof Deno.errors.NotFound ? "there is no such file" : messageOf(thrown);
  return new PalletError(`Cannot read local file "${path}": ${reason}`, {
    kind: "infra",
    help: "Relative paths start at the infra file's folder.",
    cause: thrown,
  });
}

/** SHA-256 and size, read in pieces: a local file may be larger than memory. */
async function digest(path: string): Promise<{ readonly sha256: string; readonly size: number }> {
  const file = await Deno.open(path, { read: true });
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of file.readable) {
    hash.update(piece);
    size += piece.length;
  }
  return { sha256: hash.digest("hex"), size };
}

/** Resolved without symbolic links, so that a link inside the root does not lead out of it unseen. */
async function permitted(path: string, options: LocalFilesOptions): Promise<string> {
  const full = resolve(options.root, path);
  const real = await Deno.realPath(full).catch((thrown) => {
    throw unreadable(path, thrown);
  });
  for (const folder of [options.root, ...(options.allowed ?? [])]) {
    const base = await Deno.realPath(folder).catch(() => resolve(folder));
    if (isWithin(real, base)) return real;
  }
  throw new PalletError(
    `Cannot read local file "${path}": it is outside of the project`,
    { kind: "infra", help: "Move it into the infra file's folder, or grant its path in pallet.yaml." },
  );
}

/**
 * Files of this machine: those of the project, and those that are granted.
 *
 * @example
 * ```ts
 * import { localFiles } from "./local_files.ts";
 *
 * const root = Deno.makeTempDirSync();
 * Deno.writeTextFileSync(`${root}/motd`, "hello\n");
 * const file = await localFiles({ root }).open("motd", 1024);
 * console.assert(file.size === 6 && file.bytes?.length === 6);
 * Deno.removeSync(root, { recursive: true });
 * ```
 */
export function localFiles(options: LocalFilesOptions): LocalFiles {
  return {
    async open(path, largest): Promise<LocalFile> {
      const real = await permitted(path, options);
      try {
        const info = await Deno.stat(real);
        if (!info.isFile) throw new Error("it is no file");
        if (info.size > largest) return { path: real, ...await digest(real) };
        const bytes = await Deno.readFile(real);
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        return { path: real, sha256, size: bytes.length, bytes };
      } catch (thrown) {
        throw unreadable(path, thrown);
      }
    },
  };
}
