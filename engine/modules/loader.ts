import { PalletError } from "../errors.ts";
import type { Cache } from "./cache.ts";
import type { ModuleImport } from "./lex.ts";
import type { Linked } from "./link.ts";
import { openParser } from "./parser.ts";
import { prepare } from "./prepare.ts";
import { resolve } from "./resolve.ts";
import { displayUrl, originAt } from "./text.ts";
import { type Mapping, type ModuleSource, PALLET_URL, type Refusal } from "./types.ts";

/** Where an import stands, for errors. */
export interface Importer {
  readonly url: string;
  readonly import: ModuleImport;
}

/** What became of a URL. */
type Outcome =
  | { readonly module: Linked }
  | { readonly moved: string }
  | { readonly refusal: Refusal }
  | { readonly error: PalletError };

/** Modules that were loaded, and what other URLs they are known by. */
export interface Loaded {
  readonly modules: ReadonlyMap<string, Linked>;
  /** The URL under which a module is, whatever it was imported as. */
  own(url: string): string;
}

/** The error of a refusal: what could not be imported, into what, and where it says so. */
function refusalError(
  root: string,
  { refused, help, cause }: Refusal,
  url: string,
  importer?: Importer,
): PalletError {
  const because = cause === undefined ? {} : { cause };
  if (importer === undefined) {
    const file = url.startsWith("file:");
    return new PalletError(
      `Cannot ${file ? "read infra file" : "load"} "${displayUrl(url, root)}": ${refused}`,
      {
        kind: file ? "usage" : "infra",
        help: file && refused === "no such file" ? "Name one with --infra FILE." : help,
        ...because,
      },
    );
  }
  const { specifier } = importer.import;
  const what = specifier === undefined ? "a computed specifier" : `"${specifier}"`;
  // What a name of the import map stands for is part of what went wrong.
  const plain = specifier === undefined || url === importer.url || specifier === url ||
    (/^(?:\.\.?\/|pallet\/)/.test(specifier) && !/^https?:/.test(url));
  const target = plain ? "" : ` (${displayUrl(url, root)})`;
  return new PalletError(
    `Cannot import ${what}${target} into ${displayUrl(importer.url, root)}: ${refused}`,
    {
      kind: "infra",
      help,
      origin: originAt(importer.url, root, importer.import),
      ...because,
    },
  );
}

/** What JSON must be imported as, and nothing else. */
function refuseType(type: "js" | "json", one: ModuleImport): Refusal | undefined {
  if ((type === "json") === one.json) return undefined;
  const attribute = one.dynamic ? '{ with: { type: "json" } }' : 'with { type: "json" }';
  return type === "json"
    ? { refused: "it is imported as code and holds JSON", help: `Say so after its name: ${attribute}.` }
    : { refused: "it is imported as JSON and holds code", help: `Leave out ${attribute}.` };
}

/** Loads a graph: every module once, all that are known at the same time. */
export class Loader {
  readonly #outcomes = new Map<string, Promise<Outcome>>();
  readonly #parser = openParser();

  constructor(
    readonly root: string,
    readonly sources: readonly ModuleSource[],
    readonly cache: Cache,
    readonly mapping?: Mapping,
  ) {}

  /**
   * All modules that entries need.
   *
   * @throws {PalletError} the first in the order of imports, whichever was found first.
   */
  async load(entries: readonly string[]): Promise<Loaded> {
    try {
      await Promise.all(entries.map((url) => this.#load(url)));
    } finally {
      await this.#parser.close();
    }
    const outcomes = new Map<string, Outcome>();
    for (const [url, outcome] of this.#outcomes) outcomes.set(url, await outcome);
    return collect(entries, outcomes, this.root);
  }

  async #load(url: string): Promise<void> {
    if (url === PALLET_URL || this.#outcomes.has(url)) return;
    const loading = this.#loadOne(url);
    this.#outcomes.set(url, loading);
    const outcome = await loading;
    if ("moved" in outcome) return await this.#load(outcome.moved);
    if (!("module" in outcome)) return;
    const { imports, resolved } = outcome.module;
    await Promise.all(imports.map((one) => {
      const next = one.specifier === undefined ? undefined : resolved[one.specifier];
      return next === undefined ? undefined : this.#load(next);
    }));
  }

  async #loadOne(url: string): Promise<Outcome> {
    try {
      const source = this.sources.find((one) => one.owns(url));
      const read = await source?.read(url) ?? { refused: "no such module", help: "" };
      if ("refused" in read) return { refusal: read };
      if ("moved" in read) return read;
      const prepared = await prepare(read, url, this.root, this.cache, this.#parser);
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
        : resolve(one.specifier, url, this.sources, this.mapping);
      if (typeof found !== "string") throw refusalError(this.root, found, url, { url, import: one });
      if (one.specifier !== undefined) resolved.set(one.specifier, found);
    }
    return Object.fromEntries(resolved);
  }
}

/** The URL that a chain of moves ends at; nothing when it goes in a circle. */
function endOf(url: string, outcomes: ReadonlyMap<string, Outcome>): string | undefined {
  const seen = new Set<string>();
  for (let at = url; !seen.has(at);) {
    seen.add(at);
    const outcome = outcomes.get(at);
    if (outcome === undefined || !("moved" in outcome)) return at;
    at = outcome.moved;
  }
  return undefined;
}

function collect(
  entries: readonly string[],
  outcomes: ReadonlyMap<string, Outcome>,
  root: string,
): Loaded {
  const modules = new Map<string, Linked>();
  const own = (url: string): string => endOf(url, outcomes) ?? url;
  const visit = (url: string, importer?: Importer): void => {
    const end = endOf(url, outcomes);
    const outcome = outcomes.get(end ?? "");
    if (outcome === undefined && end !== undefined) return;
    const circle = { refused: "it leads back to itself", help: "Correct the redirects in pallet.lock." };
    if (end === undefined) throw refusalError(root, circle, url, importer);
    if (outcome === undefined || "moved" in outcome) return;
    if ("error" in outcome) throw outcome.error;
    if ("refusal" in outcome) throw refusalError(root, outcome.refusal, end, importer);
    const { module } = outcome;
    const wrong = importer === undefined ? undefined : refuseType(module.type, importer.import);
    if (wrong !== undefined) throw refusalError(root, wrong, end, importer);
    if (modules.has(end)) return;
    const resolved = Object.entries(module.resolved).map(([specifier, to]) => [specifier, own(to)]);
    modules.set(end, { ...module, resolved: Object.fromEntries(resolved) });
    for (const one of module.imports) {
      const next = module.resolved[one.specifier ?? ""];
      if (next !== undefined) visit(next, { url: end, import: one });
    }
  };
  for (const url of entries) visit(url);
  return { modules, own };
}
