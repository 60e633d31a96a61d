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
}

/** A place that modules come from: the project folder, the executable, later the web. */
export interface ModuleSource {
  /** URL of what a specifier means to an importer, a refusal of it, or nothing when another source is in charge. */
  resolve(specifier: string, importer: string): string | Refusal | undefined;
  /** Whether {@linkcode read} is in charge of a URL. */
  owns(url: string): boolean;
  /** Bytes of a module; a refusal says why there are none. */
  read(url: string): Promise<Uint8Array | Refusal>;
}

/** URL under which "pallet" itself is served; its source is the engine's own and never part of a map. */
export const PALLET_URL = "pallet:engine";
