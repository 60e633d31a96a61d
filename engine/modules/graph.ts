import { dirname, resolve as resolvePath } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { home } from "../home.ts";
import { didYouMean } from "../suggest.ts";
import { openCache, sha256 } from "./cache.ts";
import type { ModuleImport } from "./lex.ts";
import { link, type Linked, namesOf } from "./link.ts";
import { toFileUrl } from "./paths.ts";
import { prepare } from "./prepare.ts";
import { resolve } from "./resolve.ts";
import { crateSource, palletSource, projectSource } from "./sources.ts";
import { withMap } from "./strip.ts";
import { displayUrl, originAt } from "./text.ts";
import { type ModuleMap, type ModuleSource, PALLET_URL, type Refusal, type ServedModule } from "./types.ts";

/** How {@linkcode buildGraph} finds and keeps modules. */
export interface GraphOptions {
  /** Names of values that "pallet" exports; all others with a capital are types. */
  readonly palletExports: Iterable<string>;
  /** Project folder, the infra file's own unless told. */
  readonly root?: string;
  /** Folder for stripped modules; nothing is kept without one. */
  readonly cacheDir?: string;
  /** Sources asked before the built-in ones. */
  readonly sources?: readonly ModuleSource[];
  /** Folder of the built-in crates. */
  readonly crates?: URL;
}

const CRATES = new URL("crates/", home.url);

/** Where an import stands, for errors. */
interface Importer {
  readonly url: string;
  readonly import: ModuleImport;
}

type Loaded = { readonly module: Linked } | { readonly error: PalletError };

function refusal(root: string, { refused, help }: Refusal, url: string, importer?: Importer): PalletError {
  if (importer === undefined) {
    return new PalletError(`Cannot read infra file "${displayUrl(url, root)}": ${refused}`, {
      kind: "usage",
      help: refused === "no such file" ? "Name one with --infra FILE." : help,
    });
  }
  const what = importer.import.specifier === undefined
    ? "a computed specifier"
    : `"${importer.import.specifier}"`;
  return new PalletError(`Cannot import ${what} into ${displayUrl(importer.url, root)}: ${refused}`, {
    kind: "infra",
    help,
    origin: originAt(importer.url, root, importer.import),
  });
}

/** Loads a graph: every module once, all that are known at the same time. */
class Loader {
  readonly loaded = new Map<string, Promise<Loaded>>();

  constructor(
    readonly root: string,
    readonly sources: readonly ModuleSource[],
    readonly cache: ReturnType<typeof openCache>,
  ) {}

  /** Starts loading a module and all that it imports. */
  async load(url: string, importer?: Importer): Promise<void> {
    if (url === PALLET_URL || this.loaded.has(url)) return;
    const loading = this.#loadOne(url, importer);
    this.loaded.set(url, loading);
    const result = await loading;
    if ("error" in result) return;
    const { imports, resolved } = result.module;
    await Promise.all(imports.map((one) => {
      const next = one.specifier === undefined ? undefined : resolved[one.specifier];
      return next === undefined ? undefined : this.load(next, { url, import: one });
    }));
  }

  async #loadOne(url: string, importer: Importer | undefined): Promise<Loaded> {
    try {
      const source = this.sources.find((one) => one.owns(url));
      const bytes = await source?.read(url) ?? { refused: "no such module", help: "" };
      if ("refused" in bytes) return { error: refusal(this.root, bytes, url, importer) };
      const prepared = await prepare(bytes, url, this.root, this.cache);
      return { module: { ...prepared, url, resolved: this.#resolve(url, prepared.imports) } };
    } catch (error) {
      if (error instanceof PalletError) return { error };
      throw error;
    }
  }

  #resolve(url: string, imports: readonly ModuleImport[]): Record<string, string> {
    const resolved = new Map<string, string>();
    for (const one of imports) {
      const found = one.specifier === undefined
        ? {
          refused: "what it imports is known only when it runs",
          help:
            "Write the specifier as a literal text, so that all modules are known before any of them runs.",
        }
        : resolve(one.specifier, url, this.sources);
      if (typeof found !== "string") throw refusal(this.root, found, url, { url, import: one });
      if (found.endsWith(".json") && !one.json) {
        const attribute = one.dynamic ? '{ with: { type: "json" } }' : 'with { type: "json" }';
        throw refusal(
          this.root,
          {
            refused: "it is imported as code and holds JSON",
            help: `Say so after its name: ${attribute}.`,
          },
          url,
          { url, import: one },
        );
      }
      if (one.specifier !== undefined) resolved.set(one.specifier, found);
    }
    return Object.fromEntries(resolved);
  }
}

/**
 * All modules that were loaded.
 *
 * @throws {PalletError} the first in the order of imports, whichever was found first.
 */
async function modulesOf(
  entry: string,
  loaded: ReadonlyMap<string, Promise<Loaded>>,
): Promise<Map<string, Linked>> {
  const modules = new Map<string, Linked>();
  const visit = async (url: string | undefined): Promise<void> => {
    const result = url === undefined || modules.has(url) ? undefined : await loaded.get(url);
    if (url === undefined || result === undefined) return;
    if ("error" in result) throw result.error;
    modules.set(url, result.module);
    for (const one of result.module.imports) await visit(result.module.resolved[one.specifier ?? ""]);
  };
  await visit(entry);
  return modules;
}

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
function checkPalletNames(modules: Iterable<Linked>, known: ReadonlySet<string>, root: string): void {
  for (const { url, imports, resolved } of modules) {
    for (const one of imports) {
      if (resolved[one.specifier ?? ""] !== PALLET_URL) continue;
      const missing = one.bindings.find(({ imported }) => imported !== "*" && !known.has(imported));
      if (missing === undefined) continue;
      throw new PalletError(
        `Cannot load ${displayUrl(url, root)}: "pallet" has no value "${missing.imported}".` +
          didYouMean(missing.imported, known),
        { kind: "infra", origin: originAt(url, root, one) },
      );
    }
  }
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
  const builtIn = [palletSource, crateSource(options.crates ?? CRATES), projectSource(root)];
  const loader = new Loader(root, [...options.sources ?? [], ...builtIn], openCache(options.cacheDir));
  await loader.load(url);

  const modules = await modulesOf(url, loader.loaded);
  const known = new Set(options.palletExports);
  const names = namesOf(modules, known);
  const linked = new Map([...modules].map(([key, module]) => [key, link(module, names)]));
  const order = inOrder(url, linked);
  checkPalletNames(order, known, root);
  const named = order.map((module) => `${displayUrl(module.url, root)}\0${module.sha256}\n`).sort();
  return { entry: url, root, modules: order.map(served), graphHash: sha256(...named) };
}
