import { dirname, join } from "node:path";
import { messageOf, PalletError } from "../../errors.ts";
import { didYouMean } from "../../suggest.ts";
import { withEntry } from "../jsonc.ts";
import { alone, replaceText } from "../lock_file.ts";
import { packageList } from "../npm/source.ts";
import { openParser } from "../parser.ts";
import { parseJsr, rangeKey } from "../remote/jsr.ts";
import type { Exported, Source } from "./describe.ts";
import { keepVendored } from "./vendor.ts";
import { type CratesOptions, type Graph, isWeb, reachable, withGraph } from "./workspace.ts";

/** A crate that was added. */
export interface Added {
  /** What infra files import it as. */
  readonly name: string;
  /** What the import map has for it. */
  readonly target: string;
  /** URL of its entry. */
  readonly url: string;
  readonly modules: number;
  readonly exports: readonly Exported[];
  /** File that holds the import map. */
  readonly file: string;
}

/** A name for a crate by its URL: the last part of its path that says something. */
function nameFor(target: string): string | undefined {
  if (target.startsWith("jsr:")) {
    const parsed = parseJsr(target);
    return "refused" in parsed ? undefined : `${parsed.name}${parsed.part.slice(1)}`;
  }
  const parts = new URL(target).pathname.split("/").filter((part) => part !== "").map((part) =>
    part.replace(/\.[mc]?[jt]s$/, "").replace(/@[^@]*$/, "")
  );
  const dull = /^(?:mod|index|main|src|lib|dist|v?\d[\w.]*|)$/;
  return parts.findLast((part) => !dull.test(part) && /^[a-z][\w-]*$/i.test(part));
}

/** What is pinned: a range that keeps compatible with the newest version, or the URL that a redirect leads to. */
async function pin(given: string, options: CratesOptions): Promise<string> {
  if (given.startsWith("jsr:")) {
    const parsed = parseJsr(given);
    if ("refused" in parsed) {
      throw new PalletError(`Cannot add "${given}": ${parsed.refused}`, { kind: "usage", help: parsed.help });
    }
    if (parsed.range !== "*") return given;
    return await withGraph(options, ({ lock }) => {
      const version = lock.used.ranges[rangeKey(parsed)] ?? "*";
      return Promise.resolve(`jsr:${parsed.name}@^${version}${parsed.part.slice(1)}`);
    }, [given]);
  }
  return await withGraph(options, ({ loaded }) => Promise.resolve(loaded.own(given)), [given]);
}

function refuseTaken(name: string, target: string, { project: { map } }: Graph): void {
  const taken = map?.imports.get(name);
  if (taken === undefined || taken === target) return;
  throw new PalletError(`Cannot add "${target}" as "${name}": the import map has ${taken} under this name`, {
    kind: "usage",
    help: `Give it another with --name NAME, or take the old one out of ${map?.file}.`,
  });
}

/** What a module that was just loaded exports: read where strangers' texts are read. */
async function describe(url: string, { lock, loaded, project }: Graph): Promise<readonly Exported[]> {
  const sources = await Promise.all(
    [...loaded.modules.values()].map(async ({ url, code, exports, resolved }) => {
      const bytes = await project.store.content(lock.used.modules[url] ?? "");
      const text = bytes === undefined ? code : new TextDecoder().decode(bytes);
      const source: Source = { text, exports, resolved };
      return [url, source] as const;
    }),
  );
  const parser = openParser();
  try {
    return await parser.describe(url, Object.fromEntries(sources));
  } finally {
    await parser.close();
  }
}

/** The file that a path leads to, where it is one already. */
function realFile(file: string): Promise<string> {
  return Deno.realPath(file).catch(() => file);
}

async function writeEntry(file: string, name: string, target: string): Promise<void> {
  try {
    await alone(dirname(file), async () => {
      const real = await realFile(file);
      const text = await Deno.readTextFile(real).catch((error) => {
        if (error instanceof Deno.errors.NotFound) return "{}\n";
        throw error;
      });
      await replaceText(real, withEntry(text, "imports", name, target));
    });
  } catch (cause) {
    if (cause instanceof PalletError) throw cause;
    throw new PalletError(`Cannot write "${name}" into "${file}": ${messageOf(cause)}`, {
      kind: "config",
      cause,
    });
  }
}

/**
 * Adds a crate: pins it in the import map and locks it.
 *
 * @throws {PalletError} when it is none, cannot be fetched, or its name is taken; nothing is written then.
 */
export async function addCrate(
  given: string,
  options: CratesOptions & { readonly name?: string },
): Promise<Added> {
  const known = given.trim();
  if (!isWeb(known) || (!known.startsWith("jsr:") && !URL.canParse(known))) {
    if (known.startsWith("npm:")) {
      throw new PalletError(`Cannot add "${given}": npm packages are no crates`, {
        kind: "usage",
        help:
          `Of those, ${packageList()} are in Pallet: import them by npm:, or by a name of the import map.`,
      });
    }
    throw new PalletError(`Cannot add "${given}": it is neither an https: URL nor jsr:@scope/name`, {
      kind: "usage",
      help: "A crate in a folder is imported by its path, or by a name that you put into the import map.",
    });
  }
  const target = await pin(known, options);
  const name = options.name ?? nameFor(target);
  if (name === undefined || name === "" || /^[./]|\/$/.test(name) || name.startsWith("pallet")) {
    throw new PalletError(
      `Cannot add "${target}"${name === undefined ? "" : ` as "${name}"`}: it needs a name`,
      {
        kind: "usage",
        help:
          "Give it one with --name NAME, e.g. --name backup; names that begin with pallet are Pallet's own.",
      },
    );
  }
  const added = await withGraph(options, async (graph) => {
    refuseTaken(name, target, graph);
    const { project, loaded } = graph;
    const url = loaded.own(target);
    const file = project.map?.file ?? options.importMap ?? join(project.folder, "deno.json");
    const exports = await describe(url, graph);
    await writeEntry(file, name, target);
    await project.save();
    return { name, target, url, modules: reachable(url, loaded).length, exports, file };
  }, [target]);
  await keepVendored(options);
  return added;
}

/** What a crate exports, by its name in the import map, or by its URL. */
export async function documentCrate(
  given: string,
  options: CratesOptions,
): Promise<{ readonly url: string; readonly exports: readonly Exported[] }> {
  const names = await withGraph(options, ({ project }) => Promise.resolve(new Map(project.map?.imports)), []);
  const target = names.get(given) ?? given;
  if (!isWeb(target)) {
    throw new PalletError(
      target === given
        ? `There is no crate "${given}" in the import map.${didYouMean(given, names.keys())}`
        : `"${given}" of the import map is ${target}, and no crate from the web`,
      {
        kind: "usage",
        help: "`pallet crate list` lists those that there are; a URL will do as well.",
      },
    );
  }
  return await withGraph(options, async (graph) => {
    const url = graph.loaded.own(target);
    return { url, exports: await describe(url, graph) };
  }, [target]);
}
