// Files of a project: made when they are missing, replaced when they are Pallet's own.
import { dirname, join } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";

/** Texts by their paths below a folder. */
export type Files = ReadonlyMap<string, string>;

/** An error of the file system, as what could not be done. */
function cannot(what: string, path: string, cause: unknown): PalletError {
  return new PalletError(`Cannot ${what} "${path}": ${messageOf(cause)}`, { kind: "usage", cause });
}

/** The text of a file; nothing when there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cannot("read", path, cause);
  }
}

/** Makes a folder with those above it. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    throw cannot("make folder", path, cause);
  }
}

/** Makes a file; false when something of its name is there, which stays as it is. */
export async function makeFile(path: string, text: string): Promise<boolean> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true });
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) return false;
    throw cannot("write", path, cause);
  }
}

/** Replaces a file in one step; false when it holds the text already. */
export async function replaceFile(path: string, text: string): Promise<boolean> {
  if (await readText(path) === text) return false;
  const temporary = join(dirname(path), `.new-${crypto.randomUUID()}`);
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(temporary, text);
    await Deno.rename(temporary, path);
    return true;
  } catch (cause) {
    await Deno.remove(temporary).catch(() => undefined);
    throw cannot("write", path, cause);
  }
}

async function pathsBelow(folder: string, prefix: string): Promise<readonly string[]> {
  const paths: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(join(folder, prefix))) {
      const path = prefix === "" ? name : `${prefix}/${name}`;
      if (isDirectory) paths.push(...await pathsBelow(folder, path));
      else paths.push(path);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cannot("list", folder, cause);
  }
  return paths;
}

/** Removes a file, and the folders that are empty without it. */
async function removeFile(folder: string, path: string): Promise<void> {
  try {
    await Deno.remove(join(folder, path));
  } catch (cause) {
    throw cannot("remove", join(folder, path), cause);
  }
  for (let above = dirname(path); above !== "."; above = dirname(above)) {
    // One that is not empty stays.
    if (!await Deno.remove(join(folder, above)).then(() => true, () => false)) return;
  }
}

/** Makes a folder of Pallet's own hold exactly these files; answers with how many were written or removed. */
export async function replaceFolder(folder: string, files: Files): Promise<number> {
  const stale = (await pathsBelow(folder, "")).filter((path) => !files.has(path));
  let changed = stale.length;
  for (const path of stale) await removeFile(folder, path);
  for (const [path, text] of files) if (await replaceFile(join(folder, path), text)) changed++;
  return changed;
}
