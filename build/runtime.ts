// Deno for a platform, compressed; compressing takes seconds, so the outcome is kept.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { BuildError, deno, ROOT } from "./run.ts";
import { ownTarget, type Target } from "./targets.ts";

const KEPT = join(ROOT, ".cache", "executable");

/** Deno for a platform. */
export interface Runtime {
  readonly version: string;
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, by gzip. */
  readonly packed: Uint8Array<ArrayBuffer>;
}

async function fromNpm(target: Target, version: string): Promise<string> {
  const { success, err } = await deno([
    "cache",
    "--no-config",
    "--no-lock",
    "--reload",
    `npm:${target.packageName}@${version}`,
  ]);
  if (!success) throw new BuildError(`Cannot get Deno ${version} for ${target.name}: ${err}`);
  const { npmCache } = JSON.parse((await deno(["info", "--json"])).out);
  const file = target.name.startsWith("windows") ? "deno.exe" : "deno";
  for await (const registry of Deno.readDir(npmCache)) {
    const path = join(npmCache, registry.name, target.packageName, version, file);
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  throw new BuildError(`Package ${target.packageName}@${version} holds no ${file}`);
}

async function packed(bytes: Uint8Array<ArrayBuffer>, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(KEPT, `${sha256}.gz`);
  const kept = await Deno.readFile(path).catch(() => undefined);
  if (kept !== undefined) return kept;
  const made = new Uint8Array(await promisify(gzip)(bytes, { level: 9 }));
  const temporary = `${path}.${crypto.randomUUID()}`;
  await Deno.mkdir(KEPT, { recursive: true });
  await Deno.writeFile(temporary, made);
  await Deno.rename(temporary, path);
  return made;
}

/**
 * Deno for a platform: the one that runs this, or the package of the npm registry.
 *
 * @throws {BuildError} when it cannot be had.
 */
export async function runtimeFor(target: Target, version: string): Promise<Runtime> {
  const own = target === ownTarget && version === Deno.version.deno;
  const bytes = await Deno.readFile(own ? Deno.execPath() : await fromNpm(target, version));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { version, sha256, bytes, packed: await packed(bytes, sha256) };
}
