import { isRemote } from "../remote/url.ts";
import { parseJsr, rangeKey } from "../remote/jsr.ts";
import { type CratesOptions, type Graph, isWeb, pinned, reachable, withGraph } from "./workspace.ts";

/** A crate of a project. */
export interface CrateRow {
  /** What it is imported as, when that is not its URL. */
  readonly name?: string;
  /** URL or `jsr:` specifier. */
  readonly crate: string;
  readonly url: string;
  readonly version?: string;
  readonly modules: number;
  readonly locked: boolean;
}

/** Modules of the web that the project's own import, as they are written there. */
function imported({ loaded }: Graph): readonly string[] {
  return [...loaded.modules.values()].filter(({ url }) => !isRemote(url)).flatMap(({ imports }) =>
    imports.flatMap(({ specifier }) => specifier !== undefined && isWeb(specifier) ? [specifier] : [])
  );
}

function rowOf(graph: Graph, crate: string, name?: string): CrateRow {
  const { loaded, lock } = graph;
  const url = loaded.own(crate);
  const parts = reachable(url, loaded);
  const parsed = crate.startsWith("jsr:") ? parseJsr(crate) : undefined;
  const version = parsed !== undefined && "name" in parsed
    ? lock.used.ranges[rangeKey(parsed)]
    : /@v?(\d[\w.+-]*)(?:\/|$)/.exec(new URL(url).pathname)?.[1];
  return {
    ...(name === undefined ? {} : { name }),
    crate,
    url,
    ...(version === undefined ? {} : { version }),
    modules: parts.length,
    locked: parts.every((part) => lock.expected(part.url) !== undefined),
  };
}

/** The crates of a project: those of its import map, and those that its modules import by URL. */
export function listCrates(options: CratesOptions): Promise<readonly CrateRow[]> {
  return withGraph(options, (graph) => {
    const named = pinned(graph.project);
    const targets = new Set(named.map(([, target]) => target));
    const direct = [...new Set(imported(graph))].filter((crate) => !targets.has(crate)).sort();
    return Promise.resolve([
      ...named.map(([name, target]) => rowOf(graph, target, name)),
      ...direct.map((crate) => rowOf(graph, crate)),
    ]);
  });
}
