import { PalletError } from "../errors.ts";
import { callerOrigin } from "../origin.ts";
import { pieces } from "../plan/deferred.ts";

const BARE = /^[A-Za-z0-9_@%+:,./-]+$/;
/** Words that are no plain words where a command begins. */
const RESERVED =
  /^(?:case|coproc|do|done|elif|else|esac|fi|for|function|if|in|select|then|time|until|while)$/;

/**
 * As {@linkcode quote}, for a text that holds no deferred values: what looks like a token is text.
 *
 * @throws {PalletError} for what {@linkcode quote} refuses.
 */
export function quoteLiteral(text: string): string {
  if (text === "") return "''";
  const wrong = text.includes("\0") ? "a NUL byte" : text.isWellFormed() ? "" : "half of a surrogate pair";
  if (wrong !== "") {
    throw new PalletError(
      `Cannot put ${JSON.stringify(text.slice(0, 40))} into a script: it holds ${wrong}`,
      {
        kind: "infra",
        help: "Send content that is no text as a local file.",
        origin: callerOrigin(),
      },
    );
  }
  return BARE.test(text) && !RESERVED.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * One word of bash that stands for exactly this text. Tokens of deferred values stay, between double quotes, until the
 * script is compiled. Everything else is single-quoted unless it is plain (POSIX shell, section 2.2.2).
 *
 * @throws {PalletError} for a NUL byte, which no argument can hold, and for half of a surrogate pair, which no encoding can.
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
