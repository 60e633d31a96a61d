/** A module of an infra file's graph, as the sandbox evaluates it. */
export interface ServedModule {
  readonly url: string;
  readonly type: "js" | "json";
  /** JavaScript or JSON; every line and column is where the author wrote it, or carries a source map. */
  readonly source: string;
  /** What each of its specifiers means: the sandbox looks them up and resolves nothing by itself. */
  readonly imports: Readonly<Record<string, string>>;
}

/** A whole graph: all that may be imported, and nothing else. Plain data. */
export interface ModuleMap {
  /** URL of the infra file. */
  readonly entry: string;
  /** URL of the project folder, with a slash at its end. */
  readonly root: string;
  /** Dependencies before their importers, the entry last. */
  readonly modules: readonly ServedModule[];
  /** Lower-case hexadecimal SHA-256 over names and sources of all modules, the same wherever the project lies. */
  readonly graphHash: string;
}

/** Why a specifier is refused, to be completed with who imports it and where. */
export interface Refusal {
  readonly refused: string;
  readonly help: string;
  readonly cause?: unknown;
}

/** What a module is written in. */
export type ModuleKind = "ts" | "js" | "json";

/** A module as it was read. */
export interface Content {
  readonly bytes: Uint8Array;
  readonly kind: ModuleKind;
  /** URL of its types, where it is JavaScript and its host says so: of use to editors alone. */
  readonly types?: string;
}

/** Another URL is the module's own: a redirect, or what a range of versions stands for now. */
export interface Moved {
  readonly moved: string;
}

/** A place that modules come from: the project folder, the executable, the web. */
export interface ModuleSource {
  /** URL of what a specifier means to an importer, a refusal of it, or nothing when another source is in charge. */
  resolve(specifier: string, importer: string): string | Refusal | undefined;
  /** Whether {@linkcode read} is in charge of a URL. */
  owns(url: string): boolean;
  /** A module; a refusal says why there is none. */
  read(url: string): Promise<Content | Moved | Refusal>;
}

/** What an import map makes of a specifier: a URL, a refusal, or nothing when it does not speak of it. */
export type Mapping = (specifier: string, importer: string) => string | Refusal | undefined;

/** URL under which "pallet" itself is served; its source is the engine's own and never part of a map. */
export const PALLET_URL = "pallet:engine";
