// Deno for a platform, compressed; compressing takes seconds, so the outcome is kept.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { deno, NoRuntime, ROOT } from "./run.ts";
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

/** A package of the registry that fits a version or the beginning of one: its version, and where its files are or go. */
async function found(
  target: Target,
  version: string,
): Promise<{ readonly version: string; readonly folder: string } | undefined> {
  const name = `npm:${target.packageName}@${version}`;
  const { success, out } = await deno(["info", "--no-config", "--no-lock", "--json", name]);
  if (!success) return undefined;
  const packages: Readonly<Record<string, { readonly version: string; readonly localPath?: string }>> =
    JSON.parse(out).npmPackages ?? {};
  const [one] = Object.values(packages);
  return one?.localPath === undefined ? undefined : { version: one.version, folder: one.localPath };
}

/** Order of versions that are three numbers. */
function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/**
 * The version of Deno that files for other platforms get: this one's own when the registry has it for all of them, else
 * the newest of its minor that it has for all.
 *
 * @returns the version, and the platforms that do not have this Deno's own
 */
export async function commonVersion(
  targets: readonly Target[],
  own: string = Deno.version.deno,
): Promise<{ readonly version: string; readonly lacking: readonly Target[] }> {
  const exact = await Promise.all(targets.map((target) => found(target, own)));
  const lacking = targets.filter((_, at) => exact[at] === undefined);
  if (lacking.length === 0) return { version: own, lacking };
  const minor = own.replace(/\.\d+$/, "");
  const newest = await Promise.all(targets.map(async (target) => (await found(target, minor))?.version));
  const oldest = newest.filter((version) => version !== undefined).sort(byNumbers)[0];
  return { version: oldest ?? own, lacking };
}

async function fromNpm(target: Target, version: string): Promise<string> {
  const name = `npm:${target.packageName}@${version}`;
  const { success, err } = await deno(["cache", "--no-config", "--no-lock", "--reload", name]);
  if (!success) throw new NoRuntime(`Cannot get Deno ${version} for ${target.name}: ${err}`);
  const file = target.name.startsWith("windows") ? "deno.exe" : "deno";
  const folder = (await found(target, version))?.folder ?? "";
  const path = join(folder, file);
  if (folder !== "" && await Deno.stat(path).then(() => true, () => false)) return path;
  throw new NoRuntime(`Package ${target.packageName}@${version} holds no ${file}`);
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
 * @throws {NoRuntime} when it cannot be had.
 */
export async function runtimeFor(target: Target, version: string): Promise<Runtime> {
  const own = target === ownTarget && version === Deno.version.deno;
  const bytes = await Deno.readFile(own ? Deno.execPath() : await fromNpm(target, version));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { version, sha256, bytes, packed: await packed(bytes, sha256) };
}
