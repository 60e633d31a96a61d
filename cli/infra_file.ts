// Which file holds a project's groups.
import { dirname, join, resolve } from "node:path";
import type { Configuration } from "../engine/config/config.ts";
import { PalletError } from "../engine/errors.ts";
import type { CommonValues } from "./command.ts";
import { usageError } from "./parse.ts";
import type { Terminal } from "./terminal.ts";

type Named = Pick<CommonValues, "infra">;

/** Whether there is a file of this name. */
export async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw new PalletError(`Cannot look at "${path}"`, { kind: "usage", cause: error });
  }
}

/**
 * Path of the infra file: `--infra`, else what pallet.yaml names, else itself where it has groups, else `infra.ts` of
 * the current folder.
 *
 * @throws {PalletError} of kind `usage` when it is not there.
 */
export async function findInfra(
  options: Named,
  configuration: Configuration,
  terminal: Terminal,
): Promise<string> {
  const named = options.infra === undefined ? configuration.infra : resolve(terminal.cwd, options.infra);
  const groups = configuration.groups;
  const path = named ?? groups?.file ?? join(terminal.cwd, "infra.ts");
  const other = configuration.infra ?? join(dirname(groups?.file ?? path), "infra.ts");
  if (options.infra === undefined && groups !== undefined && await isThere(other)) {
    throw new PalletError(`Groups stand both in ${groups.file} and in the infra file ${other}`, {
      kind: "config",
      help: "Keep one of them, or name the one that is meant with --infra FILE.",
      origin: groups,
    });
  }
  if (await isThere(path)) return path;
  if (options.infra === undefined && named !== undefined) {
    const origin = configuration.origins["infra"];
    throw new PalletError(`Cannot find the infra file "${path}"`, {
      kind: "config",
      help: "Correct infra in pallet.yaml, or name a file with --infra FILE.",
      ...(origin === undefined ? {} : { origin }),
    });
  }
  throw usageError(
    `Cannot find the infra file "${path}"`,
    named === undefined ? await whereElse(dirname(path)) : undefined,
  );
}

/** What to do where a folder has no infra file: perhaps it is within a project. */
async function whereElse(folder: string): Promise<string> {
  for (let above = dirname(folder); dirname(above) !== above; above = dirname(above)) {
    if (await isThere(join(above, "infra.ts"))) return `There is one in ${above}: run pallet there.`;
  }
  return "`pallet init` makes one; name another with --infra FILE, or with infra: FILE in pallet.yaml.";
}

/** Path of the infra file, for what can do without; nothing where none is named and there is none. */
export async function infraIfThere(
  options: Named,
  configuration: Configuration,
  terminal: Terminal,
): Promise<string | undefined> {
  const named = options.infra ?? configuration.infra ?? configuration.groups?.file;
  return named !== undefined || await isThere(join(terminal.cwd, "infra.ts"))
    ? await findInfra(options, configuration, terminal)
    : undefined;
}
