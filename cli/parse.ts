import { PalletError } from "../engine/errors.ts";
import { didYouMean } from "../engine/suggest.ts";

/** An option of a command: present or not, with a text, or with a text each time it is given. */
export type Option =
  & { readonly summary: string; readonly short?: string; readonly hidden?: boolean }
  & (
    | { readonly kind: "flag" }
    | {
      readonly kind: "text" | "list";
      readonly value: string;
      readonly choices?: readonly string[];
      /** Whether there may be choices besides, which the configuration tells. */
      readonly others?: boolean;
    }
  );

/** Options by name, without the dashes. */
export type Options = Readonly<Record<string, Option>>;

/** What the options of a command line hold, by name. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { readonly kind: "flag" } ? boolean
    : O[K] extends { readonly kind: "list" } ? readonly string[]
    : string | undefined;
};

/** A command line, taken apart. */
export interface Parsed<O extends Options> {
  readonly values: Values<O>;
  readonly positionals: readonly string[];
  /** What stands behind `--`; absent without one. */
  readonly rest?: readonly string[];
}

/** One piece of a command line. */
export type Token =
  | { readonly kind: "option"; readonly name: string; readonly value?: string; readonly at: number }
  | { readonly kind: "positional"; readonly value: string; readonly at: number }
  | { readonly kind: "rest"; readonly values: readonly string[] };

/** An error of the command line. */
export function usageError(message: string, help?: string): PalletError {
  return new PalletError(message, { kind: "usage", help });
}

function unknownOption(given: string, options: Options): PalletError {
  const known = Object.keys(options).filter((name) => !options[name]?.hidden).map((name) => `--${name}`);
  return usageError(`Unknown option ${given}.${didYouMean(given, known)}`, "Add --help to see all options.");
}

function nameOfShort(letter: string, options: Options): string | undefined {
  return Object.keys(options).find((name) => options[name]?.short === letter);
}

/** The option that a word names, or an error that names the nearest one. */
function optionOf(given: string, name: string | undefined, options: Options): [string, Option] {
  const option = name === undefined || !Object.hasOwn(options, name) ? undefined : options[name];
  if (name === undefined || option === undefined) throw unknownOption(given, options);
  return [name, option];
}

/** @throws {PalletError} of kind `usage` for a value that is none of the choices. */
export function checkChoice(given: string, value: string, choices: readonly string[] | undefined): void {
  if (choices === undefined || choices.includes(value)) return;
  throw usageError(
    `Option ${given} must be one of ${choices.join(", ")}, not "${value}".${didYouMean(value, choices)}`,
  );
}

/**
 * Cuts a command line at its words: options may stand anywhere before `--`.
 *
 * @throws {PalletError} of kind `usage`: an unknown option, a value missing or given where none belongs.
 */
export function* tokens(argv: readonly string[], options: Options): Generator<Token, void> {
  let at = 0;

  function optionToken(
    given: string,
    known: string | undefined,
    inline: string | undefined,
    start: number,
  ): Token {
    const [name, option] = optionOf(given, known, options);
    if (option.kind === "flag") {
      if (inline !== undefined) {
        throw usageError(`Option ${given} takes no value, but "${inline}" was given.`);
      }
      return { kind: "option", name, at: start };
    }
    const next = argv[at];
    const value = inline ?? (next !== undefined && !/^-./.test(next) ? argv[at++] : undefined);
    if (value === undefined) {
      throw usageError(
        `Option ${given} needs a value: ${given} ${option.value}.`,
        next === undefined ? undefined : `A value that begins with a dash is written ${given}=${next}.`,
      );
    }
    if (!option.others) checkChoice(given, value, option.choices);
    return { kind: "option", name, value, at: start };
  }

  while (at < argv.length) {
    const start = at;
    const word = argv[at++] ?? "";
    if (word === "--") {
      yield { kind: "rest", values: argv.slice(at) };
      return;
    }
    if (word.startsWith("--")) {
      const equals = word.indexOf("=");
      const given = equals < 0 ? word : word.slice(0, equals);
      yield optionToken(given, given.slice(2), equals < 0 ? undefined : word.slice(equals + 1), start);
    } else if (/^-./.test(word)) {
      for (const letter of word.slice(1)) {
        yield optionToken(`-${letter}`, nameOfShort(letter, options), undefined, start);
      }
    } else {
      yield { kind: "positional", value: word, at: start };
    }
  }
}

/**
 * A command line by its options.
 *
 * @throws {PalletError} of kind `usage`.
 *
 * @example
 * ```ts
 * import { parse } from "./parse.ts";
 *
 * const { values, positionals } = parse(["web=2", "--phase", "configure", "--yes"], {
 *   yes: { kind: "flag", summary: "do not ask" },
 *   phase: { kind: "list", value: "PHASE", summary: "what to run" },
 * });
 * console.assert(values.yes && values.phase[0] === "configure" && positionals[0] === "web=2");
 * ```
 */
export function parse<const O extends Options>(argv: readonly string[], options: O): Parsed<O> {
  const values: Record<string, boolean | string | string[] | undefined> = {};
  for (const [name, option] of Object.entries(options)) {
    values[name] = option.kind === "flag" ? false : option.kind === "list" ? [] : undefined;
  }
  const positionals: string[] = [];
  let rest: readonly string[] | undefined;
  for (const token of tokens(argv, options)) {
    if (token.kind === "positional") positionals.push(token.value);
    else if (token.kind === "rest") rest = token.values;
    else {
      const before = values[token.name];
      if (Array.isArray(before)) before.push(token.value ?? "");
      else values[token.name] = token.value ?? true;
    }
  }
  // The loop above gives every option the value of its kind, which the type system cannot follow by name.
  return { values: values as Values<O>, positionals, ...(rest === undefined ? {} : { rest }) };
}
