// Sources of crates as files, for compilers that know no URLs.
import { dirname, relative } from "node:path/posix";
import { builtInSources } from "../graph.ts";
import { isPackage } from "../npm/source.ts";
import { fromFileUrl, toFileUrl } from "../paths.ts";
import { openProject, type Project, type ProjectOptions } from "../project.ts";
import { isRemote } from "../remote/url.ts";
import { resolve } from "../resolve.ts";
import type { Content, ModuleKind, ModuleSource } from "../types.ts";
import { vendorPath } from "../vendor.ts";
import { selfTypes, type Specifier, specifiersOf } from "./specifiers.ts";

/** What compilers need to know of the crates of a project. */
export interface CrateSources {
  /** Modules of the web and of npm by paths of one folder; they import each other by relative paths. */
  readonly files: ReadonlyMap<string, string>;
  /** What the project imports: a name with a path of `files`, or with the absolute path of a crate that is a folder. */
  readonly paths: Readonly<Record<string, string>>;
  /** Modules that there is nothing of, and why. */
  readonly missing: readonly { readonly url: string; readonly reason: string }[];
}

/** A module with what its specifiers mean, as far as they mean something. */
interface Module {
  readonly url: string;
  readonly kind: ModuleKind;
  readonly text: string;
  readonly imports: readonly (Specifier & { readonly target: string })[];
}

/** Whether a module is neither the project's nor made by hand beside it. */
function isForeign(url: string): boolean {
  return isRemote(url) || isPackage(url);
}

/** The name of a module's file: compilers go by its extension. */
function fileOf({ url, kind }: Module): string {
  const path = vendorPath(url);
  const extension = /\.(?:[mc]?([jt]s)|(json))$/.exec(path);
  return `web/${path}${(extension?.[1] ?? extension?.[2]) === kind ? "" : `.${kind}`}`;
}

/** Reads modules with all that they import, types included. */
class Walk {
  readonly #modules = new Map<string, Promise<Module | undefined>>();
  readonly missing = new Map<string, string>();
  readonly sources: readonly ModuleSource[];

  constructor(readonly project: Project) {
    this.sources = [...builtInSources(project.root), ...project.sources];
  }

  /** The module that a URL leads to; nothing when there is none to be had. */
  module(url: string): Promise<Module | undefined> {
    const known = this.#modules.get(url);
    if (known !== undefined) return known;
    const read = this.#read(url);
    this.#modules.set(url, read);
    return read;
  }

  /** All modules that there are after a start. */
  async from(
    urls: readonly string[],
    seen: Map<string, Module> = new Map(),
  ): Promise<ReadonlyMap<string, Module>> {
    const found = await Promise.all(urls.map((url) => this.module(url)));
    const fresh = found.flatMap((one) => one === undefined || seen.has(one.url) ? [] : [one]);
    for (const one of fresh) seen.set(one.url, one);
    const next = fresh.flatMap(({ imports }) => imports.map(({ target }) => target));
    return next.length === 0 ? seen : await this.from([...new Set(next)], seen);
  }

  /** A chain of redirects, and of JavaScript that names its types, may be a circle: it is followed so far. */
  async #read(url: string, hops = 20): Promise<Module | undefined> {
    const source = this.sources.find((one) => one.owns(url));
    const read = await source?.read(url);
    if (read === undefined) return undefined;
    const reason = "refused" in read ? read.refused : hops === 0 ? "it leads back to itself" : undefined;
    if (reason !== undefined) this.missing.set(url, reason);
    if ("refused" in read || reason !== undefined) return undefined;
    return "moved" in read ? await this.#read(read.moved, hops - 1) : await this.#parsed(url, read, hops);
  }

  async #parsed(
    url: string,
    { bytes, kind, types: header }: Content,
    hops: number,
  ): Promise<Module | undefined> {
    const text = new TextDecoder().decode(bytes);
    if (kind === "json") return { url, kind, text, imports: [] };
    const types = kind === "js" ? this.#target(selfTypes(text) ?? header ?? "", url) : undefined;
    if (types !== undefined && types !== url) return await this.#read(types, hops - 1);
    const imports = specifiersOf(text).flatMap((specifier) => {
      const target = this.#target(specifier.text, url);
      return target === undefined ? [] : [{ ...specifier, target }];
    });
    return { url, kind, text, imports };
  }

  /** What a specifier means, if it is a module of the project or of a crate that is not Pallet's own. */
  #target(specifier: string, importer: string): string | undefined {
    const found = resolve(specifier, importer, this.sources, this.project.mapping);
    if (typeof found !== "string") return undefined;
    return isForeign(found) || /^(?:file|jsr|npm):/.test(found) ? found : undefined;
  }
}

/** A module's text in a file: what it imports is beside it. */
async function textOf(module: Module, walk: Walk): Promise<string> {
  if (module.kind === "json") return module.text;
  const from = dirname(fileOf(module));
  let text = "";
  let at = 0;
  for (const { start, end, target } of module.imports) {
    const found = await walk.module(target);
    if (found === undefined || !isForeign(found.url)) continue;
    text += `${module.text.slice(at, start)}${relative(from, fileOf(found)).replace(/^(?!\.)/, "./")}`;
    at = end;
  }
  // Whether a crate compiles is its author's business, and not told to those who use it.
  return `// @ts-nocheck ${module.url}\n${text}${module.text.slice(at)}`;
}

/** Names that the project's own modules import, and those of its import map. */
async function pathsOf(walk: Walk, modules: Iterable<Module>): Promise<Record<string, string>> {
  const { map, root } = walk.project;
  // What it has of npm is of use here when it is imported: the rest of it is for Deno.
  const named = [...map?.imports ?? []].filter(([name, target]) =>
    !name.endsWith("/") && !/^pallet(?:\/|$)/.test(name) && !target.startsWith("npm:")
  );
  const imported = [...modules].filter(({ url }) => url.startsWith(root))
    .flatMap(({ imports }) => imports.map(({ text, target }) => [text, target] as const))
    .filter(([text]) => !/^\.{0,2}\//.test(text));
  const paths = new Map<string, string>();
  for (const [name, target] of [...named, ...imported]) {
    const module = await walk.module(target);
    if (module === undefined) continue;
    paths.set(name, isForeign(module.url) ? fileOf(module) : fromFileUrl(module.url));
  }
  return Object.fromEntries([...paths].sort(([a], [b]) => a < b ? -1 : 1));
}

/**
 * Sources of the crates that an infra file and the import map of its folder name, fetched where they are not there; what
 * `pallet.lock` holds must be what it says. Nothing is evaluated, and the lock stays as it is.
 *
 * @throws {PalletError} of kind `config` for an import map or a lock that cannot be used.
 */
export async function crateSources(
  folder: string,
  infra: string,
  options: ProjectOptions = {},
): Promise<CrateSources> {
  const project = await openProject(folder, options);
  try {
    const walk = new Walk(project);
    const pinned = [...project.map?.imports ?? []].filter(([name, target]) =>
      !name.endsWith("/") && (isRemote(target) || target.startsWith("jsr:"))
    );
    const modules = await walk.from([toFileUrl(infra), ...pinned.map(([, target]) => target)]);
    const remote = [...modules.values()].filter(({ url }) => isForeign(url));
    const files = await Promise.all(
      remote.map(async (one) => [fileOf(one), await textOf(one, walk)] as const),
    );
    return {
      files: new Map(files.sort(([a], [b]) => a < b ? -1 : 1)),
      paths: await pathsOf(walk, modules.values()),
      missing: [...walk.missing].map(([url, reason]) => ({ url, reason })),
    };
  } finally {
    await project.close();
  }
}
