import { join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import type { SecretSource } from "./source.ts";
import { decodeValue, lookUp, parseMap, withoutLineEnd } from "./text.ts";

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return undefined;
    throw new PalletError(`Cannot read secrets from "${path}": ${messageOf(cause)}`, {
      kind: "config",
      cause,
    });
  }
}

async function requireFolder(folder: string): Promise<void> {
  const info = await Deno.stat(folder).catch(() => undefined);
  if (info?.isDirectory === true) return;
  throw new PalletError(`Cannot read secrets from "${folder}": there is no such folder`, {
    kind: "config",
    help: "Correct `folder` of this source, or make it.",
  });
}

/** Secrets from the files of a folder: `db/password` is the file of this name in it. The end of its last line is no part. */
export function filesSource(folder: string): SecretSource {
  return {
    name: `files of ${folder}`,
    advice: (name) => `the file ${join(folder, name)}`,
    read: async (name) => {
      // A name has no part that begins with a dot: it leads nowhere else.
      const bytes = await readIfThere(join(folder, name));
      if (bytes === undefined) await requireFolder(folder);
      return bytes && withoutLineEnd(decodeValue(bytes, `secret "${name}" of ${folder}`));
    },
    close: () => Promise.resolve(),
  };
}

/** Secrets from one file of YAML or JSON. */
export function fileSource(path: string): SecretSource {
  let map: Promise<unknown> | undefined;
  const read = async (): Promise<unknown> => {
    const bytes = await readIfThere(path);
    if (bytes === undefined) {
      throw new PalletError(`Cannot read secrets from "${path}": no such file`, {
        kind: "config",
        help: "Correct `file` of this source, or make it.",
      });
    }
    return await parseMap(decodeValue(bytes, path), path);
  };
  return {
    name: path,
    read: async (name) => lookUp(await (map ??= read()), name, path),
    close: () => Promise.resolve(),
  };
}
