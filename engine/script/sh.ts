import { PalletError } from "../errors.ts";
import { type Deferred, isDeferred } from "../plan/deferred.ts";
import { preview } from "../schema.ts";
import { quote } from "./quote.ts";

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

function render(value: ShValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" || typeof value === "boolean") return quote(String(value));
  if (Array.isArray(value)) return value.map(render).join(" ");
  if (isDeferred(value)) return quote(value.toString());
  if (isScript(value)) return value.text;
  throw new PalletError(`Cannot put ${preview(value)} into a script`, {
    kind: "infra",
    help: "sh`...` takes texts, numbers, booleans, deferred values, other scripts, and lists of them.",
  });
}

/** In a template, `\${` and `` \` `` are how JavaScript spells `${` and `` ` ``; every other backslash is bash's. */
function literal(raw: string): string {
  return raw.replaceAll("\\${", "${").replaceAll("\\`", "`");
}

/** Indentation common to all lines of a template's own text; what is interpolated is left alone. */
function dedent(parts: readonly string[]): readonly string[] {
  const lines = parts.flatMap((part) =>
    part.split("\n").slice(1).map((line, at, all) => ({ line, last: at === all.length - 1, part }))
  );
  const widths = lines
    .filter(({ line, last, part }) => line.trim() !== "" || (last && part !== parts.at(-1)))
    .map(({ line }) => line.length - line.trimStart().length);
  const width = widths.length === 0 ? 0 : Math.min(...widths);
  const cut = parts.map((part) =>
    part.split("\n").map((line, at) =>
      at === 0 ? line : line.slice(Math.min(width, line.length - line.trimStart().length))
    ).join("\n")
  );
  const first = (cut[0] ?? "").replace(/^[ \t]*\n/, "");
  const trimmed = [first, ...cut.slice(1)];
  return trimmed.map((part, at) => at === trimmed.length - 1 ? part.replace(/\n[ \t]*$/, "") : part);
}

/**
 * Bash from a template: what is interpolated is quoted, so that it stays one word whatever it holds; a list becomes
 * several words; another script is composed as it stands. Backslashes are bash's own, as in `String.raw`.
 *
 * @throws {PalletError} for a value that has no text (`undefined`, an object), and for a NUL byte.
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
  const parts = dedent(strings.raw).map(literal);
  const text = parts.map((part, at) => at < values.length ? part + render(values[at] as ShValue) : part).join(
    "",
  );
  return { type: "script", text };
}

/** Bash taken as it stands: nothing in it is quoted. */
export function rawScript(text: string): Script {
  return { type: "script", text };
}
