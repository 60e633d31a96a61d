/** Kinds of algorithms, as `ssh -Q` calls them. */
export type AlgorithmKind = "cipher" | "mac" | "kex" | "key-sig";

/** A file of ssh's configuration. */
export interface ConfigFile {
  readonly text: string;
  /** Who else than the user may change it, in words; ssh refuses such a file. */
  readonly unsafe?: string;
}

/** What ssh's configuration asks of the machine that it is on: all that its meaning depends on besides its text. */
export interface Machine {
  readonly home: string;
  /** Name and number of the local user. */
  readonly user: string;
  readonly uid: number;
  /** The machine's own name, as it is set. */
  readonly hostname: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where relative paths of an `Include` of the system's file start. */
  readonly systemFolder: string;
  isAbsolute(path: string): boolean;
  /** The home of another user; nothing when there is none. */
  homeOf(user: string): Promise<string | undefined>;
  /** Nothing when there is no such file. */
  read(path: string): Promise<ConfigFile | undefined>;
  /** Paths that a pattern of shell wildcards stands for, sorted. */
  glob(pattern: string): Promise<readonly string[]>;
  /** Whether a command of the user's shell succeeds. */
  succeeds(command: string): Promise<boolean>;
  /** Names of algorithms that the ssh of the machine knows, as by `ssh -Q`; none where there is none to ask. */
  algorithms(kind: AlgorithmKind): Promise<readonly string[]>;
  /** Addresses of the interfaces that are up. */
  addresses(): readonly string[];
  /** The canonical name of a host that has an address; nothing when it has none. */
  lookup(name: string, family: "any" | "inet" | "inet6"): Promise<string | undefined>;
}
