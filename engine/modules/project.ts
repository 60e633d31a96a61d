// The crates of a project: its import map, its lock, and where its modules of the web come from.
import { dirname, join, resolve as resolvePath } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { defaultCacheDir } from "./cache.ts";
import { buildGraph, type GraphOptions } from "./graph.ts";
import { type ImportMap, localFolders, lookUp, readImportMap } from "./import_map.ts";
import { Lock, type LockData, lockText } from "./lock.ts";
import { changeLock, readLock } from "./lock_file.ts";
import { toFileUrl } from "./paths.ts";
import type { Network, NetworkLimits } from "./remote/network.ts";
import type { RemoteReader } from "./remote/reader.ts";
import { remoteSource } from "./remote/source.ts";
import { openStore, type Store } from "./remote/store.ts";
import { refuseUrl } from "./remote/url.ts";
import { localSource } from "./sources.ts";
import type { Mapping, ModuleMap, ModuleSource } from "./types.ts";
import { readVendor } from "./vendor.ts";

/** How crates are found and kept. */
export interface CrateOptions {
  /** Path of the import map; `deno.json` beside the infra file unless told. */
  readonly importMap?: string;
  /** Refuses what `pallet.lock` does not hold. */
  readonly frozen?: boolean;
  /** Fetches nothing: vendored and cached modules alone. */
  readonly offline?: boolean;
  /** Folder of the cache; `crates` of Pallet's own unless told, none when empty. */
  readonly cacheDir?: string;
  /** Environment variables: `JSR_URL`, `DENO_CERT`, `DENO_AUTH_TOKENS`, ... */
  readonly env?: (name: string) => string | undefined;
  /** Proxy to fetch through where the environment variables name none: `proxy` of the project's environment. */
  readonly proxy?: string;
  readonly limits?: Partial<NetworkLimits>;
  /** Ends what is being fetched. */
  readonly signal?: AbortSignal;
  /** Called before each request, with how many there were. */
  readonly onFetch?: (url: string, count: number) => void;
  /** Called with what is worth telling, e.g. that the lock was written. */
  readonly say?: (text: string) => void;
}

/** Modules, and bytes of all of them together, that the crates of a project may have. */
const MOST = { modules: 5000, bytes: 128 * 1024 * 1024 } as const;

/** An infra file's folder, with what its imports mean. */
export interface Project {
  readonly folder: string;
  /** The folder as a URL with a slash at its end. */
  readonly root: string;
  readonly map: ImportMap | undefined;
  readonly mapping: Mapping;
  readonly sources: readonly ModuleSource[];
  readonly store: Store;
  readonly lockFile: string;
  readonly vendorFolder: string;
  /** Base of JSR, with a slash at its end. */
  readonly jsr: string;
  /** The lock that the project works with; nothing until a module of the web was asked for. */
  lock(): Promise<Lock> | undefined;
  /** Writes what was added to the lock, and says so. */
  save(): Promise<void>;
  close(): Promise<void>;
}

/** Ways to open a project other than to run it. */
export interface ProjectOptions extends CrateOptions {
  /** In place of what `pallet.lock` says. */
  readonly known?: LockData;
  /** Leaves vendored modules aside. */
  readonly unvendored?: boolean;
}

/** Opens what a reader works with when the first module of the web is asked for: most projects have none. */
class Remote {
  #reader: Promise<RemoteReader> | undefined;
  #network: Promise<Network> | undefined;
  #lock: Promise<Lock> | undefined;
  #count = 0;

  constructor(
    readonly options: ProjectOptions,
    readonly env: (name: string) => string | undefined,
    readonly project: Pick<Project, "store" | "lockFile" | "vendorFolder" | "jsr">,
  ) {}

  get lock(): Promise<Lock> | undefined {
    return this.#lock;
  }

  reader(): Promise<RemoteReader> {
    return this.#reader ??= this.#openReader();
  }

  async #openReader(): Promise<RemoteReader> {
    const { known, unvendored, frozen = false, offline = false } = this.options;
    const { store, lockFile, vendorFolder, jsr } = this.project;
    this.#lock = known === undefined
      ? readLock(lockFile).then((data) => new Lock(data))
      : Promise.resolve(new Lock(known));
    const [{ RemoteReader }, lock, vendored] = await Promise.all([
      import("./remote/reader.ts"),
      this.#lock,
      unvendored ? undefined : readVendor(vendorFolder),
    ]);
    return new RemoteReader({
      lock,
      store,
      ...(vendored === undefined ? {} : { vendored }),
      frozen,
      offline,
      network: () => this.#network ??= this.#openNetwork(),
      most: MOST,
      jsr,
    });
  }

  async #openNetwork(): Promise<Network> {
    const { Network } = await import("./remote/network.ts");
    const { limits, onFetch, proxy, signal } = this.options;
    return new Network({
      env: this.env,
      ...(proxy === undefined ? {} : { proxy }),
      ...(limits === undefined ? {} : { limits }),
      ...(signal === undefined ? {} : { signal }),
      onRequest: (url) => onFetch?.(url, ++this.#count),
    });
  }

  async close(): Promise<void> {
    await (await this.#network)?.close();
  }
}

function jsrBase(env: (name: string) => string | undefined): string {
  const said = env("JSR_URL") || "https://jsr.io";
  const url = URL.parse(said);
  const refused = url === null ? "it is no URL" : refuseUrl(url)?.refused;
  if (refused === undefined) return said.replace(/\/*$/, "/");
  throw new PalletError(`Cannot use JSR_URL "${said}": ${refused}`, {
    kind: "config",
    help: "Correct or unset it.",
  });
}

/** Opens the crates of the project in a folder; nothing is fetched yet. */
export async function openProject(folder: string, options: ProjectOptions = {}): Promise<Project> {
  const env = options.env ?? ((name: string) => Deno.env.get(name));
  const root = toFileUrl(folder).replace(/\/?$/, "/");
  const map = await readImportMap(folder, options.importMap && resolvePath(options.importMap));
  const standard = defaultCacheDir();
  const cache = options.cacheDir ?? (standard === undefined ? "" : join(standard, "crates"));
  const base = {
    store: openStore(cache === "" ? undefined : cache),
    lockFile: join(folder, "pallet.lock"),
    vendorFolder: join(folder, "vendor"),
    jsr: jsrBase(env),
  };
  const remote = new Remote(options, env, base);
  return {
    ...base,
    folder,
    root,
    map,
    mapping: (specifier, importer) => map && lookUp(map, specifier, importer),
    sources: [
      ...(map === undefined ? [] : localFolders(map, root).map(localSource)),
      remoteSource(async (url) => (await remote.reader()).read(url)),
    ],
    lock: () => remote.lock,
    save: async () => {
      const lock = await remote.lock;
      if (lock === undefined || lockText(lock.merged) === lockText(lock.known)) return;
      await changeLock(base.lockFile, lock.known, lock.merged);
      const added = Object.keys(lock.used.modules).filter((url) => lock.expected(url) === undefined).length;
      options.say?.(`Locked ${added} module${added === 1 ? "" : "s"} of crates in pallet.lock`);
    },
    close: () => remote.close(),
  };
}

/** The folder of an infra file, without symbolic links. */
async function folderOf(infra: string): Promise<string> {
  try {
    return dirname(await Deno.realPath(infra));
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound ? "no such file" : messageOf(cause);
    throw new PalletError(`Cannot read infra file "${infra}": ${reason}`, {
      kind: "usage",
      help: "Name one with --infra FILE.",
      cause,
    });
  }
}

/**
 * The graph of an infra file with its crates from the web: fetched, checked against `pallet.lock`, and locked. Nothing is
 * evaluated.
 *
 * @throws {PalletError} as {@linkcode buildGraph}; also for a module that cannot be fetched or is not what is locked.
 */
export async function loadGraph(
  infra: string,
  options: Omit<GraphOptions, "mapping">,
  crates: CrateOptions = {},
): Promise<ModuleMap> {
  const folder = options.root === undefined ? await folderOf(infra) : await Deno.realPath(options.root);
  const project = await openProject(folder, crates);
  try {
    const { mapping, sources } = project;
    const graph = await buildGraph(infra, {
      ...options,
      mapping,
      sources: [...options.sources ?? [], ...sources],
    });
    await project.save();
    return graph;
  } finally {
    await project.close();
  }
}
