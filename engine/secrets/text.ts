// What files and commands of secrets have in common.
import { PalletError } from "../errors.ts";

/** Text of a value: a line that a program or an editor ends is without its end. */
export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/** A value of bytes. @throws {PalletError} when they are no text, without showing them. */
export function decodeValue(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PalletError(`Cannot use ${what}: it is no text in UTF-8`, {
      kind: "config",
      help: "Keep it in base64, and decode it on the node.",
    });
  }
}

/** A value in a map by its name: `db/password` is the key of that name, or the key `password` of the map `db`. */
export function lookUp(map: unknown, name: string, what: string): string | undefined {
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new PalletError(`Cannot read ${what}: it holds no map of names and values`, { kind: "config" });
  }
  const find = (at: unknown, rest: string): unknown => {
    if (typeof at !== "object" || at === null || Array.isArray(at)) return undefined;
    if (Object.hasOwn(at, rest)) return Reflect.get(at, rest);
    for (let slash = rest.indexOf("/"); slash > 0; slash = rest.indexOf("/", slash + 1)) {
      const key = rest.slice(0, slash);
      const found = Object.hasOwn(at, key) ? find(Reflect.get(at, key), rest.slice(slash + 1)) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const value = find(map, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw new PalletError(`Cannot use secret "${name}" of ${what}: it is no text`, { kind: "config" });
}

/** The map that a text in YAML or JSON is, all values as they are written: `007` stays so. @throws {PalletError} without anything of the text in its message. */
export async function parseMap(text: string, what: string): Promise<unknown> {
  const { parseDocument } = await import("../yaml.ts");
  const document = parseDocument(text, { schema: "failsafe", logLevel: "silent", prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const line = text.slice(0, problem.pos[0]).split("\n").length;
    // The message itself may quote what is wrong, and that may be a value.
    throw new PalletError(`Cannot read ${what}: line ${line} is neither YAML nor JSON (${problem.code})`, {
      kind: "config",
    });
  }
  return document.toJS({ maxAliasCount: 10 });
}
