import { PalletError } from "../../errors.ts";
import { didYouMean } from "../../suggest.ts";
import { EMPTY_LOCK, type LockData, lockText } from "../lock.ts";
import { changeLock, readLock } from "../lock_file.ts";
import type { Project } from "../project.ts";
import { parseJsr } from "../remote/jsr.ts";
import type { Store } from "../remote/store.ts";
import { keepVendored } from "./vendor.ts";
import { type CratesOptions, isWeb, open, pinned, withGraph } from "./workspace.ts";

/** A module that is another than before; `was` or `now` alone: it went or came. */
export interface ModuleChange {
  readonly was?: { readonly url: string; readonly sha256: string };
  readonly now?: { readonly url: string; readonly sha256: string };
}

/** What differs between two locks. */
export interface LockChange {
  /** Ranges that stand for another version. */
  readonly ranges: readonly { readonly range: string; readonly was?: string; readonly now?: string }[];
  readonly modules: readonly ModuleChange[];
}

/** What an update does. */
export interface Update extends LockChange {
  /** Modules with both their sources, as far as the cache has them. */
  readonly sources: readonly { readonly change: ModuleChange; readonly was: string; readonly now: string }[];
}

/** A URL without its versions, by which a module is found again in another version of its crate. */
function unversioned(url: string): string {
  return url.replace(/(?<=[/@])v?\d+\.\d+[\w.+-]*(?=\/|$)/g, "*");
}

/** What differs between two locks. */
function compare(was: LockData, now: LockData): LockChange {
  const ranges = [...new Set([...Object.keys(was.ranges), ...Object.keys(now.ranges)])].sort().flatMap(
    (range) => {
      const [before, after] = [was.ranges[range], now.ranges[range]];
      if (before === after) return [];
      return [{
        range,
        ...(before === undefined ? {} : { was: before }),
        ...(after === undefined ? {} : { now: after }),
      }];
    },
  );
  const gone = Object.entries(was.modules).filter(([url]) => !Object.hasOwn(now.modules, url))
    .map(([url, sha256]) => ({ url, sha256 }));
  const modules: ModuleChange[] = [];
  for (const [url, sha256] of Object.entries(now.modules).sort(([a], [b]) => a < b ? -1 : 1)) {
    const known = was.modules[url];
    if (known === sha256) continue;
    const at = known === undefined ? gone.findIndex((one) => unversioned(one.url) === unversioned(url)) : -1;
    const before = known === undefined ? at < 0 ? undefined : gone.splice(at, 1)[0] : { url, sha256: known };
    modules.push({ ...(before === undefined ? {} : { was: before }), now: { url, sha256 } });
  }
  return { ranges, modules: [...modules, ...gone.map((one) => ({ was: one }))] };
}

/** The lock without what belongs to a crate, so that it is looked for anew. */
function without(lock: LockData, crate: string, project: Project): LockData {
  const parsed = crate.startsWith("jsr:") ? parseJsr(crate) : undefined;
  const jsr = parsed !== undefined && "name" in parsed ? parsed.name : undefined;
  const end = lock.redirects[crate] ?? crate;
  const folder = jsr === undefined ? new URL("./", end).href : `${project.jsr}${jsr}/`;
  const own = (url: string): boolean =>
    url === crate || url.startsWith(folder) ||
    (jsr !== undefined && new RegExp(`^jsr:/?${jsr}(?:[@/]|$)`).test(url));
  const keep = (record: Readonly<Record<string, string>>, isOwn: (key: string, value: string) => boolean) =>
    Object.fromEntries(Object.entries(record).filter(([key, value]) => !isOwn(key, value)));
  return {
    ranges: keep(lock.ranges, own),
    redirects: keep(lock.redirects, (from, to) => own(from) || own(to)),
    modules: keep(lock.modules, own),
  };
}

async function textOf(store: Store, digest: string | undefined): Promise<string> {
  const bytes = digest === undefined ? undefined : await store.content(digest);
  return bytes === undefined ? "" : new TextDecoder().decode(bytes);
}

/** What is left to look up anew: nothing is known of it. */
async function startOf(names: readonly string[], options: CratesOptions, known: LockData): Promise<LockData> {
  if (names.length === 0) return EMPTY_LOCK;
  const { project } = await open(options);
  const named = new Map(pinned(project));
  return names.reduce((lock, name) => {
    const crate = named.get(name) ?? name;
    if (isWeb(crate)) return without(lock, crate, project);
    throw new PalletError(`There is no crate "${name}" in the import map.${didYouMean(name, named.keys())}`, {
      kind: "usage",
      help: named.size === 0 ? "It holds none." : `It has ${[...named.keys()].join(", ")}.`,
    });
  }, known);
}

/**
 * Looks for what crates hold now, all or those of the given names or URLs, and locks it.
 *
 * @throws {PalletError} when one cannot be fetched; the lock is as it was then.
 */
export async function updateCrates(
  names: readonly string[],
  options: CratesOptions & { readonly dryRun?: boolean },
): Promise<Update> {
  const { project: { lockFile } } = await open(options);
  const before = await readLock(lockFile);
  const known = await startOf(names, options, before);
  const dryRun = options.dryRun === true;
  const update = await withGraph(
    { ...options, known, unvendored: true },
    async ({ lock, project, entry }) => {
      const after = entry === undefined ? { ...lock.merged } : lock.used;
      const change = compare(before, after);
      const sources = await Promise.all(change.modules.map(async (one) => ({
        change: one,
        was: await textOf(project.store, one.was?.sha256),
        now: await textOf(project.store, one.now?.sha256),
      })));
      if (!dryRun && lockText(before) !== lockText(after)) await changeLock(lockFile, before, after);
      return { ...change, sources };
    },
  );
  if (!dryRun && update.modules.length > 0) await keepVendored(options);
  return update;
}

/**
 * Locks all that a project needs, and nothing else; what is locked stays as it is.
 *
 * @throws {PalletError} when something cannot be fetched or is not what is locked.
 */
export async function lockCrates(options: CratesOptions): Promise<LockChange> {
  const { project: { lockFile } } = await open(options);
  const before = await readLock(lockFile);
  const change = await withGraph(options, async ({ lock, entry }) => {
    const after = entry === undefined ? lock.merged : lock.used;
    if (lockText(before) !== lockText(after)) await changeLock(lockFile, before, after);
    return compare(before, after);
  });
  if (change.modules.length > 0) await keepVendored(options);
  return change;
}
