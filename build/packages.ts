// The npm packages that infra files and crates import, each as one file of the program.
import { specifiersOf } from "../engine/modules/editor/specifiers.ts";
import { packages, packedName, readInstalled } from "../engine/modules/npm/packages.ts";
import { npmSource, urlOf } from "../engine/modules/npm/source.ts";
import type { ProgramFile } from "./program_files.ts";
import { BuildError } from "./run.ts";

/** Texts by their paths of all that a package's code and declarations import, from these paths on. */
async function filesOf(folder: string, paths: readonly string[]): Promise<Record<string, string>> {
  const source = npmSource(readInstalled);
  const files: Record<string, string> = {};
  const seen = new Set<string>();
  for (const waiting = paths.map((path) => folder + path); waiting.length > 0;) {
    const url = waiting.pop() ?? "";
    if (seen.has(url)) continue;
    seen.add(url);
    const read = await source.read(url);
    if (!("bytes" in read)) {
      throw new BuildError(`Cannot take ${url}: ${"refused" in read ? read.refused : ""}`);
    }
    const text = files[url.slice(folder.length)] = new TextDecoder().decode(read.bytes);
    for (const { text: specifier } of specifiersOf(text)) {
      const target = source.resolve(specifier, url);
      if (typeof target === "string") waiting.push(target);
    }
  }
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => a < b ? -1 : 1));
}

/**
 * Packages of npm for infra files and crates.
 *
 * @throws {BuildError} when a file of one is missing.
 */
export async function packedPackages(): Promise<readonly ProgramFile[]> {
  return await Promise.all(
    [...packages].map(async ([name, { version, entry, types }]) => ({
      name: packedName(name),
      bytes: new TextEncoder().encode(
        JSON.stringify(await filesOf(urlOf(name, version, ""), [entry, types])),
      ),
    })),
  );
}
