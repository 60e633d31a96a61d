// What the secret commands share: the file that they work on, and where values come from.
import { AgeStore } from "../engine/secrets/age/store.ts";
import { secretNameProblem } from "../engine/plan/deferred.ts";
import { askOptions } from "./ask_secret.ts";
import type { CommonValues } from "./command.ts";
import { usageError } from "./parse.ts";
import { loadProject } from "./project.ts";
import { ageFile, type SecretContext, secretContext } from "./secrets.ts";
import type { Terminal } from "./terminal.ts";

/** A project as its secrets are looked for. */
export async function secretProject(options: CommonValues, terminal: Terminal): Promise<SecretContext> {
  return secretContext(options, await loadProject(options, terminal), terminal, askOptions(terminal));
}

/** The file that `pallet secret` changes. */
export function storeOf(project: SecretContext): AgeStore {
  return new AgeStore(ageFile(project));
}

/** The name that a command is given. @throws {PalletError} for one that no plan could ask for. */
export function nameOf(args: readonly string[]): string {
  const [name = ""] = args;
  const problem = secretNameProblem(name);
  if (problem !== undefined) throw usageError(`The name of a secret ${problem}`, "As in db/password.");
  return name;
}
