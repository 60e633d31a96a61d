import { messageOf, PalletError } from "../errors.ts";

/**
 * The user's own shell, or a command, on this machine and this terminal.
 *
 * @throws {PalletError} of kind `usage` when the command cannot be started.
 */
export async function localShell(command: readonly string[], signal?: AbortSignal): Promise<number> {
  const [program = Deno.env.get("SHELL") ?? "bash", ...args] = command;
  try {
    const child = new Deno.Command(program, {
      args,
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
      ...(signal === undefined ? {} : { signal }),
    }).spawn();
    const status = await child.status;
    return status.code;
  } catch (thrown) {
    throw new PalletError(`Cannot run "${program}": ${messageOf(thrown)}`, { kind: "usage", cause: thrown });
  }
}
