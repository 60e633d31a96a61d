// How the tests are shared out over processes that run at once.

/** A path that `deno test` takes. */
export interface Tested {
  readonly path: string;
  /** What stands for the time that its tests take: their bytes, several times those of tests that run on nodes. */
  readonly size: number;
}

/** What shares a process: files of one folder, and of tests/ those of one first word, which stand on the same set-up. */
function jobOf(path: string): string {
  const word = /^tests\/[^_]+(?=_)/.exec(path)?.[0];
  return word ?? (/\.\w+$/.test(path) ? path.split("/").slice(0, -1).join("/") : path);
}

/**
 * Paths for processes of their own, the largest first, so that no long one is begun at the end.
 *
 * @example
 * ```ts
 * import { jobs } from "./jobs.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(
 *   jobs([
 *     { path: "cli", size: 1 },
 *     { path: "tests/ec2_life_test.ts", size: 2 },
 *     { path: "tests/ec2_spec_test.ts", size: 3 },
 *   ]),
 *   [["tests/ec2_life_test.ts", "tests/ec2_spec_test.ts"], ["cli"]],
 * );
 * ```
 */
export function jobs(tested: readonly Tested[]): readonly (readonly string[])[] {
  const groups = [...Map.groupBy(tested, ({ path }) => jobOf(path)).values()];
  const size = (group: readonly Tested[]): number => group.reduce((sum, one) => sum + one.size, 0);
  return groups.sort((a, b) => size(b) - size(a)).map((group) => group.map(({ path }) => path));
}

async function sizeOf(path: string): Promise<number> {
  if ((await Deno.stat(path)).isFile) return path.endsWith("_test.ts") ? (await Deno.stat(path)).size : 0;
  const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => `${path}/${name}`);
  return (await Promise.all(names.map(sizeOf))).reduce((sum, one) => sum + one, 0);
}

/** Children of folders that hold much, and other paths as they are; `root` ends in a slash. */
export async function tested(root: string, paths: readonly string[]): Promise<readonly Tested[]> {
  const inside = async (path: string): Promise<readonly string[]> => {
    if (!/^(?:engine|providers|tests)$/.test(path)) return [path];
    const found = await Array.fromAsync(Deno.readDir(`${root}${path}`), ({ name }) => `${path}/${name}`);
    return found.filter((name) => path !== "tests" || /_test\.ts$|\/support$/.test(name)).sort();
  };
  const all = (await Promise.all(paths.map(inside))).flat();
  const weight = (path: string): number => path.startsWith("tests/") ? 8 : 1;
  return await Promise.all(
    all.map(async (path) => ({ path, size: weight(path) * await sizeOf(`${root}${path}`) })),
  );
}
