import { isAbsolute, join, sep } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { MIB } from "./limits.ts";

/** MiB of the largest file that a plan may read. */
const LARGEST = 16;

function refuse(path: string, reason: string, help: string): PalletError {
  return new PalletError(`Cannot read project file "${path}": ${reason}`, { kind: "infra", help });
}

/**
 * Text of a file of the project, for a plan.
 *
 * @throws {PalletError} of kind `infra` when it is no regular UTF-8 file inside the folder, symbolic links followed.
 */
export async function readProjectFile(root: string, path: string): Promise<string> {
  const inside = "Only files below the project folder can be read; name them relative to it.";
  if (isAbsolute(path) || path.includes("\0")) throw refuse(path, "it is no relative path", inside);
  try {
    const folder = await Deno.realPath(root);
    const file = await Deno.realPath(join(folder, path));
    if (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      throw refuse(path, "it is outside the project folder", inside);
    }
    const info = await Deno.stat(file);
    if (!info.isFile) throw refuse(path, "it is no regular file", "Name a file.");
    if (info.size > LARGEST * MIB) {
      throw refuse(path, `it is larger than ${LARGEST} MiB`, "Send large files with remoteFile's localFile.");
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(file));
  } catch (thrown) {
    if (thrown instanceof PalletError) throw thrown;
    if (thrown instanceof Deno.errors.NotFound) {
      throw refuse(path, "no such file", "Create it, or correct its name, relative to the project folder.");
    }
    if (thrown instanceof TypeError) {
      throw refuse(path, "it is not UTF-8 text", "Send it with remoteFile's localFile.");
    }
    throw refuse(path, messageOf(thrown).replaceAll(root, ""), "Make it readable.");
  }
}
