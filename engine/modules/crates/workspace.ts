// What the crate commands work on: a project folder, its infra file if there is one, and its import map.
import { dirname, resolve } from "node:path";
import { messageOf, PalletError } from "../../errors.ts";
import { openCache } from "../cache.ts";
import { checkEngine } from "../engine_version.ts";
import { builtInSources } from "../graph.ts";
import type { Linked } from "../link.ts";
import { type Loaded, Loader } from "../loader.ts";
import { EMPTY_LOCK, Lock } from "../lock.ts";
import { fromFileUrl, toFileUrl } from "../paths.ts";
import { openProject, type Project, type ProjectOptions } from "../project.ts";
import { isRemote } from "../remote/url.ts";
import { localSource, pluginSource, translatedSource } from "../sources.ts";
import type { Content, Moved, Refusal } from "../types.ts";

/** What the crate commands take. */
export interface CratesOptions extends ProjectOptions {
  /** Path of the infra file; its folder is the project, also where it does not exist yet. */
  readonly infra: string;
  /** Makes a module of the infra file's text, where that is none by itself: a project in YAML. */
  readonly translate?: (text: string, path: string) => Promise<string>;
  /** Where plugins come from: `https:` URLs, `jsr:` packages, and absolute paths, whose imports are locked as well. */
  readonly plugins?: readonly string[];
}

/** A project whose modules were loaded. */
export interface Graph {
  readonly project: Project;
  readonly loaded: Loaded;
  /** The lock with what the modules needed of it. */
  readonly lock: Lock;
  /** URL of the infra file, if there is one. */
  readonly entry: string | undefined;
}

/** Whether a specifier names something from the web. */
export function isWeb(specifier: string): boolean {
  return isRemote(specifier) || specifier.startsWith("jsr:");
}

/** Names of the import map that stand for one module of the web each. */
export function pinned(project: Project): readonly (readonly [name: string, target: string])[] {
  return [...project.map?.imports ?? []].filter(([name, target]) => !name.endsWith("/") && isWeb(target));
}

async function entryOf(
  infra: string,
): Promise<{ readonly folder: string; readonly entry: string | undefined }> {
  const path = resolve(infra);
  try {
    const real = await Deno.realPath(path);
    return { folder: dirname(real), entry: toFileUrl(real) };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) {
      throw new PalletError(`Cannot read infra file "${infra}": ${messageOf(cause)}`, {
        kind: "usage",
        cause,
      });
    }
  }
  try {
    return { folder: await Deno.realPath(dirname(path)), entry: undefined };
  } catch (cause) {
    throw new PalletError(`Cannot find the project folder "${dirname(path)}"`, {
      kind: "usage",
      help: "Name its infra file with --infra FILE.",
      cause,
    });
  }
}

/** The folder of a project, opened. */
export async function open(options: CratesOptions): Promise<{ project: Project; entry: string | undefined }> {
  const { folder, entry } = await entryOf(options.infra);
  return { project: await openProject(folder, options), entry };
}

/** URL of a plugin that is locked with the crates. */
async function pluginEntry(from: string): Promise<string> {
  if (isWeb(from)) return from;
  try {
    return toFileUrl(await Deno.realPath(from));
  } catch (cause) {
    throw new PalletError(`Cannot read plugin "${from}": ${messageOf(cause)}`, {
      kind: "config",
      help: "Correct its from: in pallet.yaml.",
      cause,
    });
  }
}

/** Loads modules, lets them be used, and closes what they came through. */
export async function withGraph<T>(
  options: CratesOptions,
  use: (graph: Graph) => Promise<T>,
  entries?: readonly string[],
): Promise<T> {
  const { project, entry } = await open(options);
  try {
    const { root, sources, mapping } = project;
    const plugins = await Promise.all((options.plugins ?? []).map(pluginEntry));
    const local = plugins.filter((url) => url.startsWith("file:")).map((url) =>
      localSource(new URL("./", url).href)
    );
    const { translate } = options;
    const translated = entry === undefined || translate === undefined
      ? []
      : [translatedSource(fromFileUrl(entry), translate)];
    const all = [...translated, pluginSource, ...builtInSources(root), ...local, ...sources];
    const loader = new Loader(root, all, openCache(undefined), mapping);
    const infra = entry === undefined ? [] : [entry];
    const crates = pinned(project).map(([, target]) => target);
    const loaded = await loader.load(entries ?? [...infra, ...crates, ...plugins]);
    await checkEngine(loaded.modules.values(), root);
    const lock = await project.lock() ?? new Lock(EMPTY_LOCK);
    return await use({ project, loaded, lock, entry });
  } finally {
    await project.close();
  }
}

/** Modules of the web that one needs, itself among them. */
export function reachable(url: string, loaded: Loaded): readonly Linked[] {
  const found = new Map<string, Linked>();
  const visit = (at: string): void => {
    const module = found.has(at) || !isRemote(at) ? undefined : loaded.modules.get(at);
    if (module === undefined) return;
    found.set(at, module);
    for (const next of Object.values(module.resolved)) visit(next);
  };
  visit(url);
  return [...found.values()];
}

/** Reads modules one by one. */
export interface ModuleReader {
  read(url: string): Promise<Content | Moved | Refusal>;
  close(): Promise<void>;
}

/** Reads modules of a project as its graph would. */
export async function readerOf(folder: string, options: CratesOptions): Promise<ModuleReader> {
  const project = await openProject(folder, options);
  return {
    read: async (url: string) =>
      await project.sources.find((source) => source.owns(url))?.read(url) ??
        { refused: "no source knows it", help: "" },
    close: project.close,
  };
}
