import { PalletError } from "../errors.ts";
import { callerOrigin } from "../origin.ts";
import { preview } from "../schema.ts";

/**
 * Where a deferred value comes from: an action of this or another target that captured it, an attribute of a node
 * that does not exist yet, or a store of secrets.
 */
export type DeferredSource =
  | { readonly kind: "captured"; readonly name: string; readonly target?: string }
  | { readonly kind: "attribute"; readonly target: string; readonly attribute: string }
  | { readonly kind: "secret"; readonly name: string };

/**
 * A value that is known only later. In a template string it becomes a token that survives concatenation; a script
 * turns the token into a variable. Anything else (arithmetic, comparison, a method) is an error that names it.
 */
export interface Deferred {
  readonly deferred: DeferredSource;
  toString(): string;
}

const OPEN = "\u{F0D0}";
const CLOSE = "\u{F0D1}";
/**
 * The exact form of a token, names percent-encoded as {@linkcode tokenOf} does: the two characters that enclose one
 * are glyphs of icon fonts, so that one alone, or around anything else, is text.
 */
const TOKEN =
  /\u{F0D0}(captured|attribute|secret):((?:[\w.!~*'()-]|%[0-9A-F]{2})*):((?:[\w.!~*'()-]|%[0-9A-F]{2})+)\u{F0D1}/gu;

/** What a deferred value is, for people: `the primaryIp of web-1`. */
export function describeDeferred(source: DeferredSource): string {
  if (source.kind === "attribute") return `the ${source.attribute} of ${source.target}`;
  if (source.kind === "secret") return `secret ${source.name}`;
  return `the captured value "${source.name}"${source.target === undefined ? "" : ` of ${source.target}`}`;
}

/** The text that stands for a deferred value. */
export function tokenOf(source: DeferredSource): string {
  const [a, b] = source.kind === "attribute"
    ? [source.target, source.attribute]
    : [source.kind === "captured" ? source.target ?? "" : "", source.name];
  const [first, second] = [a, b].map((name) => encodeURIComponent(name.toWellFormed()));
  return `${OPEN}${source.kind}:${first}:${second}${CLOSE}`;
}

/** What a token stands for; nothing when it was never made by {@linkcode tokenOf}. */
function sourceOf(kind: string, a: string, b: string): DeferredSource | undefined {
  let target: string, name: string;
  try {
    [target, name] = [decodeURIComponent(a), decodeURIComponent(b)];
  } catch {
    return undefined;
  }
  if (kind === "attribute") return { kind, target, attribute: name };
  if (kind === "secret") {
    return target === "" && secretNameProblem(name) === undefined ? { kind, name } : undefined;
  }
  return target === "" ? { kind: "captured", name } : { kind: "captured", name, target };
}

/** What is wrong with a name as that of a secret. */
export function secretNameProblem(name: unknown): string | undefined {
  if (typeof name !== "string") return `must be a text, not ${preview(name)}`;
  if (/^(?!\.)[\w.-]+(?:\/(?!\.)[\w.-]+)*$/.test(name) && name.length <= 200 && !name.startsWith("-")) {
    return undefined;
  }
  return `must be words of letters, digits, "_", "-" and "." with "/" between them, not ${preview(name)}`;
}

function refuse(source: DeferredSource, use: string): never {
  throw new PalletError(`Cannot ${use} ${describeDeferred(source)}: it is known only when the script runs`, {
    kind: "infra",
    help: "Use it inside a text or a script, or branch on the node with onlyIf and unless.",
  });
}

/**
 * Makes a deferred value.
 *
 * @example
 * ```ts
 * import { deferred, hasDeferred } from "./deferred.ts";
 *
 * const ip = deferred({ kind: "attribute", target: "db-1", attribute: "primaryIp" });
 * console.assert(hasDeferred(`host=${ip}`));
 * ```
 */
export function deferred(source: DeferredSource): Deferred {
  const token = tokenOf(source);
  const toPrimitive = (hint: string): string => hint === "number" ? refuse(source, "calculate with") : token;
  const base: Deferred = { deferred: source, toString: () => token };
  return new Proxy(base, {
    get: (target, key) => {
      if (key === Symbol.toPrimitive) return toPrimitive;
      if (key === "toJSON") return () => token;
      // `await` and `instanceof`-like checks look these up on every value; they must find nothing.
      if (typeof key === "symbol" || key === "then") return undefined;
      if (key in target) return Reflect.get(target, key);
      return refuse(source, `read .${key} of`);
    },
    set: (_target, key) => refuse(source, `set .${String(key)} of`),
  });
}

/** Whether a value is a {@linkcode Deferred}. */
export function isDeferred(value: unknown): value is Deferred {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "deferred") &&
    "toString" in value;
}

/** Whether a text holds a token. */
export function hasDeferred(text: string): boolean {
  return text.includes(OPEN) && pieces(text).some((piece) => "token" in piece);
}

/** One piece of a text: literal, or a deferred value with its token. */
export type Piece = { readonly literal: string } | {
  readonly token: string;
  readonly source: DeferredSource;
};

/** A text cut at its tokens, in order. */
export function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.includes(OPEN) ? text.matchAll(TOKEN) : []) {
    const source = sourceOf(match[1] ?? "", match[2] ?? "", match[3] ?? "");
    if (source === undefined) continue;
    if (match.index > at) found.push({ literal: text.slice(at, match.index) });
    found.push({ token: match[0], source });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ literal: text.slice(at) });
  return found;
}

/** A text with each token replaced. */
export function replaceDeferred(
  text: string,
  replace: (source: DeferredSource, token: string) => string,
): string {
  if (!hasDeferred(text)) return text;
  return pieces(text).map((piece) => "literal" in piece ? piece.literal : replace(piece.source, piece.token))
    .join("");
}

/**
 * Captures the output of an action that has `capture: name`: a text in later actions of the same target, and of
 * other targets in later phases.
 *
 * @param target whose output it is; the target of the plan unless told
 *
 * @example
 * ```ts
 * import { captured, execScript, remoteFile, sh } from "pallet";
 *
 * execScript(sh`hostname -f`, { capture: "fqdn", changedWhen: false });
 * remoteFile("/etc/mailname", { content: `${captured("fqdn")}\n` });
 * ```
 */
export function captured(name: string, target?: { readonly name: string }): Deferred {
  return deferred(
    target === undefined ? { kind: "captured", name } : { kind: "captured", name, target: target.name },
  );
}

/**
 * A secret by its name, e.g. a password: a text in contents, scripts and environments of actions. Plans, events and
 * files of Pallet hold its name alone; its value goes to a node beside the script that uses it, when that is sent.
 * Where it comes from is `secrets` of the configuration.
 *
 * @throws {PalletError} for a name that is none: words with `/` between them.
 *
 * @example
 * ```ts
 * import { execScript, remoteFile, secret, sh } from "pallet";
 *
 * remoteFile("/etc/app.env", { content: `DB_PASSWORD=${secret("db/password")}\n` });
 * execScript(sh`printf '%s' ${secret("db/password")} | app login --password-stdin`);
 * ```
 */
export function secret(name: string): Deferred {
  const problem = secretNameProblem(name);
  if (problem !== undefined) {
    throw new PalletError(`Invalid name of a secret: ${problem}`, { kind: "infra", origin: callerOrigin() });
  }
  return deferred({ kind: "secret", name });
}

/** Names of the secrets in a value, each once, in the order in which they stand. */
export function secretsIn(value: unknown, found: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof value === "string") {
    for (const piece of value.includes(OPEN) ? pieces(value) : []) {
      if ("source" in piece && piece.source.kind === "secret") found.add(piece.source.name);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) secretsIn(item, found);
  }
  return found;
}
