import { join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { object, v, validate } from "../schema.ts";
import { sha256 } from "./cache.ts";
import type { ModuleKind } from "./types.ts";

const file = object({
  /** Path from the vendor folder on. */
  file: v.string(),
  kind: v.picklist(["ts", "js", "json"]),
  sha256: v.string(),
});
const schema = object({ version: v.literal(1), modules: v.record(v.string(), file) });

/** Where vendored modules are listed. */
export const INDEX = "modules.json";

/** Modules of the web that lie in a folder of the project. */
export interface Vendored {
  readonly folder: string;
  readonly modules: ReadonlyMap<
    string,
    { readonly file: string; readonly kind: ModuleKind; readonly sha256: string }
  >;
}

/** The vendored modules of a project; nothing when it has none. */
export async function readVendor(folder: string): Promise<Vendored | undefined> {
  const path = join(folder, INDEX);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return undefined;
    throw new PalletError(`Cannot read "${path}": ${messageOf(cause)}`, { kind: "config", cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PalletError(`Cannot read "${path}": ${messageOf(cause)}`, {
      kind: "config",
      help: "Restore it, or make it anew with `pallet crate vendor`.",
      cause,
    });
  }
  const origin = { file: path, line: 1, column: 1 };
  const { modules } = validate(schema, value, {
    what: `list of vendored modules "${path}"`,
    kind: "config",
    origin,
  });
  for (const [url, one] of Object.entries(modules)) {
    if (!/(?:^|[\\/])\.\.(?:[\\/]|$)|^[\\/]|^[a-z]:/i.test(one.file)) continue;
    throw new PalletError(`Cannot use "${path}": ${url} is outside of its folder`, {
      kind: "config",
      origin,
    });
  }
  return { folder, modules: new Map(Object.entries(modules)) };
}

/** A path for a URL that every file system takes, and that tells URLs apart that differ by their case or query. */
export function vendorPath(url: string): string {
  const { host, pathname, search } = new URL(url);
  const plain = `${host}${pathname}`;
  const path = plain.split("/").filter((part) => part !== "").map((part) =>
    part.replaceAll(/%[0-9a-f]{2}/gi, "_").replace(/[^\w.@+-]/g, "_").replace(/^\.+$/, "_").slice(0, 80)
  ).join("/");
  const plainFile = /\.\w+$/.test(path) && search === "" && plain === plain.toLowerCase();
  if (path === plain && plainFile) return path;
  const [, stem = path, extension = ""] = /^(.*?)(\.\w+)?$/s.exec(path) ?? [];
  return `${stem}.${sha256(url).slice(0, 8)}${extension}`;
}

/** Puts a folder in the place of another, which is as it was when that fails. */
async function exchange(folder: string, fresh: string, old: string): Promise<void> {
  const had = await Deno.rename(folder, old).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
  try {
    await Deno.rename(fresh, folder);
  } catch (error) {
    if (had) await Deno.rename(old, folder);
    throw error;
  }
  if (had) await Deno.remove(old, { recursive: true });
}

/** Replaces the vendored modules of a project. */
export async function writeVendor(
  folder: string,
  modules: ReadonlyMap<string, { readonly bytes: Uint8Array; readonly kind: ModuleKind }>,
): Promise<void> {
  const index: Record<string, { file: string; kind: ModuleKind; sha256: string }> = {};
  const fresh = `${folder}.${crypto.randomUUID()}`;
  const old = `${fresh}.old`;
  try {
    for (const [url, { bytes, kind }] of [...modules].sort(([a], [b]) => a < b ? -1 : 1)) {
      const path = vendorPath(url);
      await Deno.mkdir(join(fresh, path, ".."), { recursive: true });
      await Deno.writeFile(join(fresh, path), bytes);
      index[url] = { file: path, kind, sha256: sha256(bytes) };
    }
    await Deno.mkdir(fresh, { recursive: true });
    await Deno.writeTextFile(
      join(fresh, INDEX),
      `${JSON.stringify({ version: 1, modules: index }, null, 2)}\n`,
    );
    await exchange(folder, fresh, old);
  } catch (cause) {
    throw new PalletError(`Cannot write "${folder}": ${messageOf(cause)}`, { kind: "config", cause });
  } finally {
    await Deno.remove(fresh, { recursive: true }).catch(() => undefined);
  }
}
