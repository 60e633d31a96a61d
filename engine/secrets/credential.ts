// Where a password or a passphrase is: configuration says it, and it is read when it is needed.
import { messageOf, type Origin, PalletError } from "../errors.ts";
import { resolvePath } from "../paths.ts";
import { object, v } from "../schema.ts";
import { Secret } from "./secret.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** What is wrong with none, or several. */
export const ONE_PLACE = "must be one of secret, variable and file";

/** A place of a password as a file has it. */
export const credential = v.pipe(
  object({
    secret: v.optional(text),
    variable: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/, "must be the name of a variable"))),
    file: v.optional(text),
  }),
  v.check((places) => Object.keys(places).length === 1, ONE_PLACE),
);

/** One place: the name of a secret, of a variable, or the path of a file. Plain data. */
export interface Credential {
  readonly secret?: string | undefined;
  readonly variable?: string | undefined;
  readonly file?: string | undefined;
}

/** A place whose path is an absolute one, where it was relative to a folder. */
export function credentialAt(place: Credential, folder: string): Credential {
  return place.file === undefined ? place : { file: resolvePath(place.file, folder) };
}

/** Reads a secret by its name from the sources of the run. */
export type ReadSecret = (name: string, origin?: Origin) => Promise<Secret>;

/** What reads places. */
export interface CredentialReader {
  readonly env: (name: string) => string | undefined;
  readonly secret: ReadSecret;
}

/**
 * Reads a password; a path is an absolute one by now.
 *
 * @param what it is, for messages: `the password of "admin"`
 * @throws {PalletError} of kind `config` with the place that names it.
 */
export async function readCredential(
  what: string,
  { secret, variable, file }: Credential,
  reader: CredentialReader,
  origin?: Origin,
): Promise<Secret> {
  const fail = (why: string, cause?: unknown): PalletError =>
    new PalletError(`Cannot read ${what}: ${why}`, {
      kind: "config",
      ...(origin === undefined ? {} : { origin }),
      ...(cause === undefined ? {} : { cause }),
    });
  if (secret !== undefined) return await reader.secret(secret, origin);
  if (variable !== undefined) {
    const value = reader.env(variable);
    if (value === undefined) throw fail(`the variable ${variable} is not set`);
    return new Secret(value);
  }
  try {
    // An editor ends the file with a line break, which is no part of the secret.
    return new Secret((await Deno.readTextFile(file ?? "")).replace(/\r?\n$/, ""));
  } catch (error) {
    throw fail(messageOf(error), error);
  }
}
