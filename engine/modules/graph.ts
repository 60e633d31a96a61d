import { dirname, resolve as resolvePath } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { home } from "../home.ts";
import { didYouMean } from "../suggest.ts";
import { openCache, sha256 } from "./cache.ts";
import { checkEngine } from "./engine_version.ts";
import { link, type Linked, namesOf } from "./link.ts";
import { Loader } from "./loader.ts";
import { npmSource } from "./npm/source.ts";
import { toFileUrl } from "./paths.ts";
import { crateSource, palletSource, projectSource } from "./sources.ts";
import { withMap } from "./strip.ts";
import { displayUrl, originAt } from "./text.ts";
import { type Mapping, type ModuleMap, type ModuleSource, PALLET_URL, type ServedModule } from "./types.ts";

/** How {@linkcode buildGraph} finds and keeps modules. */
export interface GraphOptions {
  /** Names of values that "pallet" exports; all others with a capital are types. */
  readonly palletExports: Iterable<string>;
  /** Project folder, the infra file's own unless told. */
  readonly root?: string;
  /** Folder for stripped modules; nothing is kept without one. */
  readonly cacheDir?: string;
  /** Sources asked before the built-in ones. */
  readonly first?: readonly ModuleSource[];
  /** Sources asked after the built-in ones. */
  readonly sources?: readonly ModuleSource[];
  /** The import map. */
  readonly mapping?: Mapping;
  /** Folder of the built-in crates. */
  readonly crates?: URL;
}

const CRATES = new URL("crates/", home.url);

/** Modules that the entry needs, dependencies first. */
function inOrder(entry: string, modules: ReadonlyMap<string, Linked>): readonly Linked[] {
  const order: Linked[] = [];
  const seen = new Set<string>();
  const visit = (url: string | undefined): void => {
    const module = url === undefined || seen.has(url) ? undefined : modules.get(url);
    if (module === undefined) return;
    seen.add(module.url);
    for (const one of module.imports) visit(module.resolved[one.specifier ?? ""]);
    order.push(module);
  };
  visit(entry);
  return order;
}

function served(module: Linked): ServedModule {
  const { url, type, resolved: imports } = module;
  return { url, type, source: withMap(module, url), imports };
}

/**
 * Names that "pallet" does not have, told before anything runs.
 *
 * @throws {PalletError} of kind `infra`.
 */
function checkPalletNames(
  modules: Iterable<Linked>,
  known: ReadonlySet<string>,
  root: string,
  engine: string,
): void {
  for (const { url, imports, resolved } of modules) {
    for (const one of imports) {
      if (resolved[one.specifier ?? ""] !== PALLET_URL) continue;
      const missing = one.bindings.find(({ imported }) => imported !== "*" && !known.has(imported));
      if (missing === undefined) continue;
      throw new PalletError(
        `Cannot load ${displayUrl(url, root)}: "${engine}" has no value "${missing.imported}".` +
          didYouMean(missing.imported, known),
        { kind: "infra", origin: originAt(url, root, one) },
      );
    }
  }
}

/** The engine's own names, crates and packages of the executable, the project's files. */
export function builtInSources(root: string, crates: URL = CRATES): readonly ModuleSource[] {
  return [palletSource, crateSource(crates), npmSource(), projectSource(root)];
}

/** The real path of an infra file. */
async function realEntry(entry: string): Promise<string> {
  try {
    return await Deno.realPath(resolvePath(entry));
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound ? "no such file" : messageOf(cause);
    throw new PalletError(`Cannot read infra file "${entry}": ${reason}`, {
      kind: "usage",
      help: "Name one with --infra FILE.",
      cause,
    });
  }
}

/**
 * Reads an infra file with all that it imports and makes JavaScript of it, whole and in parallel. Nothing is
 * evaluated.
 *
 * @throws {PalletError} of kind `usage` when the infra file cannot be read, and of kind `infra` with file, line and column
 * for a syntax error, a missing module or an import that is refused.
 *
 * @example
 * ```ts
 * import { buildGraph } from "./graph.ts";
 *
 * const file = await Deno.makeTempFile({ suffix: ".ts" });
 * await Deno.writeTextFile(file, "export const port: number = 80;");
 * const { modules } = await buildGraph(file, { palletExports: [] });
 * console.assert(modules[0]?.source === "export const port         = 80;");
 * await Deno.remove(file);
 * ```
 */
export async function buildGraph(entry: string, options: GraphOptions): Promise<ModuleMap> {
  const path = await realEntry(entry);
  const folder = options.root === undefined ? dirname(path) : await Deno.realPath(options.root);
  const root = toFileUrl(folder).replace(/\/?$/, "/");
  const url = toFileUrl(path);
  if (!url.startsWith(root)) {
    throw new PalletError(`Cannot read infra file "${entry}": it is outside the project folder ${folder}`, {
      kind: "usage",
      help: "Name one that is inside.",
    });
  }
  return await graphOf(url, root, {
    ...options,
    sources: [...options.first ?? [], ...builtInSources(root, options.crates), ...options.sources ?? []],
  });
}

/** How {@linkcode graphOf} finds and keeps modules. */
export interface GraphSources extends Pick<GraphOptions, "palletExports" | "cacheDir" | "mapping"> {
  /** All that modules come from. */
  readonly sources: readonly ModuleSource[];
  /** What the engine's own module is called in imports; "pallet" unless told. */
  readonly engine?: string;
}

/**
 * The graph of a module by its URL, whatever source it comes from.
 *
 * @param root URL of a folder, with a slash at its end, that files are told relative to
 * @throws {PalletError} of kind `infra` as {@linkcode buildGraph}.
 */
export async function graphOf(entry: string, root: string, options: GraphSources): Promise<ModuleMap> {
  const loader = new Loader(root, options.sources, openCache(options.cacheDir), options.mapping);
  const { modules, own } = await loader.load([entry]);
  const url = own(entry);
  await checkEngine(modules.values(), root);
  const known = new Set(options.palletExports);
  const names = namesOf(modules, known);
  const linked = new Map([...modules].map(([key, module]) => [key, link(module, names)]));
  const order = inOrder(url, linked);
  checkPalletNames(order, known, root, options.engine ?? "pallet");
  const named = order.map((module) => `${displayUrl(module.url, root)}\0${module.sha256}\n`).sort();
  return { entry: url, root, modules: order.map(served), graphHash: sha256(...named) };
}
