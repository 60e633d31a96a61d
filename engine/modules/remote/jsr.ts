import { problemsOf, v } from "../../schema.ts";
import { didYouMean } from "../../suggest.ts";
import type { Refusal } from "../types.ts";

/** `jsr:@scope/name@range/part`, taken apart. */
export interface JsrName {
  readonly name: string;
  /** As it was written; `*` when it was not. */
  readonly range: string;
  /** `.` or `./part`. */
  readonly part: string;
}

const NAME = /^jsr:\/?(@[a-z\d][a-z\d-]*\/[a-z\d][a-z\d-]*)(?:@([^/]+))?(\/.*)?$/;

/** What a `jsr:` specifier names. */
export function parseJsr(specifier: string): JsrName | Refusal {
  const [, name, range, part = ""] = NAME.exec(specifier) ?? [];
  if (name === undefined) {
    return { refused: "it names no package of JSR", help: "Write jsr:@scope/name@version." };
  }
  const inside = part.replace(/^\/+|\/+$/g, "");
  let decoded = range ?? "*";
  try {
    decoded = decodeURIComponent(decoded);
  } catch {
    // A range with a lone percent sign is told to be none where it is used.
  }
  return { name, range: decoded, part: inside === "" ? "." : `./${inside}` };
}

/** The name of a range in the lock. */
export function rangeKey({ name, range }: JsrName): string {
  return `jsr:${name}@${range}`;
}

const metaSchema = v.object({
  versions: v.record(v.string(), v.object({ yanked: v.optional(v.boolean()) })),
  latest: v.optional(v.nullable(v.string())),
});
const versionSchema = v.object({
  exports: v.union([v.string(), v.record(v.string(), v.string())]),
  manifest: v.optional(v.record(v.string(), v.object({ checksum: v.string() }))),
});

/** What JSR says of a package. */
export type JsrMeta = v.InferOutput<typeof metaSchema>;
/** What JSR says of a version of a package. */
export type JsrVersion = v.InferOutput<typeof versionSchema>;

function parsed<T>(schema: v.GenericSchema<unknown, T>, bytes: Uint8Array): T | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return problemsOf(schema, value).length === 0 ? v.parse(schema, value) : undefined;
  } catch {
    return undefined;
  }
}

export const parseMeta = (bytes: Uint8Array): JsrMeta | undefined => parsed(metaSchema, bytes);
export const parseVersion = (bytes: Uint8Array): JsrVersion | undefined => parsed(versionSchema, bytes);

/** The version that a range stands for now. */
export async function pickVersion({ name, range }: JsrName, meta: JsrMeta): Promise<string | Refusal> {
  const { descending, highestIn, isRange } = await import("../semver.ts");
  const there = Object.keys(meta.versions);
  if (there.includes(range)) return range;
  if (!isRange(range)) {
    return { refused: `"${range}" is no range of versions`, help: `Write it as jsr:${name}@^1.2.` };
  }
  const usable = there.filter((version) => meta.versions[version]?.yanked !== true);
  const found = highestIn(usable, range);
  if (found !== undefined) return found;
  const known = descending(usable).slice(0, 5);
  return {
    refused: `JSR has no version of ${name} that is in ${range}`,
    help: known.length === 0 ? "It has none at all." : `Newest: ${known.join(", ")}.`,
  };
}

/** The path, below its version, of what a package exports under a name. */
export function exportPath({ name, part }: JsrName, { exports }: JsrVersion): string | Refusal {
  const table = typeof exports === "string" ? { ".": exports } : exports;
  const path = Object.hasOwn(table, part) ? table[part] : undefined;
  if (path !== undefined) return path.replace(/^\.?\//, "");
  const known = Object.keys(table).map((key) => key === "." ? name : `${name}/${key.slice(2)}`);
  const asked = part === "." ? name : `${name}/${part.slice(2)}`;
  return {
    refused: `${name} exports nothing as "${part}"`,
    help: `It has ${known.join(", ")}.${didYouMean(asked, known)}`,
  };
}

/** SHA-256 of a package's files by their path from its version on, as far as JSR tells. */
export function checksums({ manifest = {} }: JsrVersion): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(manifest).flatMap(([path, { checksum }]) => {
      const digest = /^sha256-([\da-f]{64})$/i.exec(checksum)?.[1]?.toLowerCase();
      return digest === undefined ? [] : [[path.replace(/^\//, ""), digest]];
    }),
  );
}
