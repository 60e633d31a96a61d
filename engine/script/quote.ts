import { PalletError } from "../errors.ts";
import { pieces } from "../plan/deferred.ts";

const BARE = /^[A-Za-z0-9_@%+:,./-]+$/;

/**
 * As {@linkcode quote}, for a text that holds no deferred values: what looks like a token is text.
 *
 * @throws {PalletError} for a NUL byte.
 */
export function quoteLiteral(text: string): string {
  if (text === "") return "''";
  if (text.includes("\0")) {
    throw new PalletError(
      `Cannot put ${JSON.stringify(text.slice(0, 40))} into a script: it holds a NUL byte`,
      {
        kind: "infra",
        help: "Send binary content as a local file.",
      },
    );
  }
  return BARE.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * One word of bash that stands for exactly this text. Tokens of deferred values stay, between double quotes, until the
 * script is compiled. Everything else is single-quoted unless it is plain (POSIX shell, section 2.2.2).
 *
 * @throws {PalletError} for a NUL byte, which no argument can hold.
 *
 * @example
 * ```ts
 * import { quote } from "./quote.ts";
 *
 * console.assert(quote("it's") === `'it'\\''s'`);
 * ```
 */
export function quote(text: string): string {
  if (text === "") return "''";
  return pieces(text)
    .map((piece) => "literal" in piece ? quoteLiteral(piece.literal) : `"${piece.token}"`)
    .join("");
}
