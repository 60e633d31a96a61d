import { PalletError } from "../errors.ts";
import { callerOrigin } from "../origin.ts";
import { type Deferred, isDeferred } from "../plan/deferred.ts";
import { preview } from "../schema.ts";
import { dedent } from "./dedent.ts";
import { quote } from "./quote.ts";
import { BashReader } from "./reader.ts";

/** A fragment of bash, made by {@linkcode sh}. Plain data. */
export interface Script {
  readonly type: "script";
  readonly text: string;
}

/** What {@linkcode sh} takes: texts and numbers are quoted, scripts are composed, lists become several words. */
export type ShValue = string | number | boolean | Deferred | Script | readonly ShValue[];

/** Whether a value is a {@linkcode Script}. */
export function isScript(value: unknown): value is Script {
  return typeof value === "object" && value !== null && !isDeferred(value) &&
    Reflect.get(value, "type") === "script" && typeof Reflect.get(value, "text") === "string";
}

function refuse(what: string, help: string): never {
  throw new PalletError(`Cannot put ${what}`, { kind: "infra", help, origin: callerOrigin() });
}

/** Several words may stand only where a word begins and ends; within another they would tear it apart. */
function list(values: readonly ShValue[], reader: BashReader, following: string): string {
  if (!reader.atWordStart || /^[^\s;&|)<>]/.test(following)) {
    refuse(
      `the list ${preview(values)} into a part of a word`,
      "A list becomes several words: put blanks around it, or join it to a text first.",
    );
  }
  return values.map((value, at) => {
    if (at > 0) reader.read(" ");
    return render(value, reader, at === values.length - 1 ? following : " ");
  }).join(" ");
}

function render(value: ShValue, reader: BashReader, following: string): string {
  if (Array.isArray(value)) return list(value, reader, following);
  const place = reader.place;
  const calculates = place === "arithmetic" && typeof value === "number";
  if (place !== "word" && !calculates) {
    refuse(
      `${isScript(value) ? "a script" : preview(isDeferred(value) ? value.deferred : value)} into ${place}`,
      "A value is quoted by sh itself, so it must stand outside of quotes, comments and here-documents. " +
        'Assign it first where it has to stand in one: name=${value}, then "$name".',
    );
  }
  if (isScript(value)) {
    reader.read(value.text);
    return value.text;
  }
  const word = quoteValue(value);
  reader.skipWord();
  // Digits before a redirection would name a descriptor.
  return /^[0-9]+$/.test(word) && /^[<>]/.test(following) ? `'${word}'` : word;
}

function quoteValue(value: ShValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "boolean" || Number.isFinite(value)) return quote(String(value));
  if (isDeferred(value)) return quote(value.toString());
  return refuse(
    `${typeof value === "number" ? value : preview(value)} into a script`,
    "sh`...` takes texts, finite numbers, booleans, deferred values, other scripts, and lists of them.",
  );
}

/** In a template, `\${` and `` \` `` are how JavaScript spells `${` and `` ` ``; every other backslash is bash's. */
function literal(raw: string): string {
  return raw.replaceAll("\\${", "${").replaceAll("\\`", "`");
}

/**
 * Bash from a template. What is interpolated is quoted, so that it stays one word whatever it holds; a list becomes
 * several words; another script is composed as it stands. Backslashes are bash's own, as in `String.raw`; `${` of
 * bash is written `\${`. Indentation that all lines share is taken away.
 *
 * @throws {PalletError} for a value that has no text (`undefined`, an object, `NaN`), for a NUL byte, and for a value
 * at a place where quoting cannot keep it one word: within quotes, a comment, a here-document, `${...}` or backticks.
 *
 * @example
 * ```ts
 * import { sh } from "./sh.ts";
 *
 * const files = ["a b", "c"];
 * console.assert(sh`rm -f -- ${files}`.text === "rm -f -- 'a b' c");
 * console.assert(sh`test -e ${"x"} && ${sh`rm ${"x"}`}`.text === "test -e x && rm x");
 * ```
 */
export function sh(strings: TemplateStringsArray, ...values: readonly ShValue[]): Script {
  const reader = new BashReader();
  const parts = dedent(strings.raw).map(literal);
  const text = parts.map((part, at) => {
    // Behind the last value nothing more is put: what stands there need not be followed.
    if (at >= values.length) return part;
    reader.read(part);
    // Another value that follows at once goes on with the same word, as a letter would.
    const following = parts[at + 1] || (at + 1 < values.length ? "x" : "");
    return part + render(values[at] as ShValue, reader, following);
  }).join("");
  return { type: "script", text };
}

/**
 * A script taken as it stands, in bash or for another interpreter: nothing in it is quoted.
 *
 * @example
 * ```ts
 * import { execScript, rawScript } from "pallet";
 *
 * execScript(rawScript("print('ready')"), { interpreter: "python3", changedWhen: false });
 * ```
 */
export function rawScript(text: string): Script {
  return { type: "script", text };
}
