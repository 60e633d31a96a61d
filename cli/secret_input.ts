// Values that people give: from a pipe, or typed without being shown. Never from the command line, which others see.
import { PalletError } from "../engine/errors.ts";
import type { Ask } from "../engine/run.ts";
import { Secret } from "../engine/secrets/secret.ts";
import { usageError } from "./parse.ts";

/** The whole of standard input, without the end of its last line. */
async function readPiped(name: string): Promise<Secret> {
  const bytes = await new Response(Deno.stdin.readable).bytes();
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return new Secret(text.replace(/\r?\n$/, ""));
  } catch {
    throw new PalletError(`Cannot keep secret "${name}": it is no text in UTF-8`, {
      kind: "usage",
      help: "Keep it in base64, and decode it on the node.",
    });
  }
}

async function readTyped(name: string, ask: Ask): Promise<Secret> {
  const [first, second] = [
    await ask({ kind: "passphrase", text: `Value of ${name}: ` }),
    await ask({ kind: "passphrase", text: `The same again: ` }),
  ];
  if (first === undefined || second === undefined) throw usageError("Nothing was typed: nothing is changed");
  if (first !== second) throw usageError("These were two different values: nothing is changed");
  return new Secret(first);
}

/** A value, typed where there is a terminal, else from standard input. @throws {PalletError} for none. */
export async function readValue(name: string, ask: Ask | undefined): Promise<Secret> {
  const typed = Deno.stdin.isTerminal();
  if (typed && ask === undefined) {
    throw usageError(
      `Nobody can be asked for secret "${name}": standard error is no terminal`,
      `Give it by a pipe: pass show ... | pallet secret set ${name}`,
    );
  }
  const value = typed && ask !== undefined ? await readTyped(name, ask) : await readPiped(name);
  if (value.reveal() === "") throw usageError("An empty value is no secret: nothing is changed");
  return value;
}
