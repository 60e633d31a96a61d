/**
 * What went wrong, by who can mend it: `usage` the command line, `config` a configuration file, `infra` an
 * infrastructure file or crate, `provider` whatever makes nodes, `unreachable` a node that does not answer,
 * `action` something that failed on a node, `internal` ourselves.
 */
export type ErrorKind = "usage" | "config" | "infra" | "provider" | "unreachable" | "action" | "internal";

/** A place in a source file; line and column are 1-based. */
export interface Origin {
  /** URL or path of the module. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something wrong with a value, and the keys that lead to it. */
export interface ValueProblem {
  readonly keys: readonly (string | number)[];
  readonly message: string;
  /** Whether the key itself is what is wrong, and not what stands under it. */
  readonly unknownKey?: true;
}

/** What a {@linkcode PalletError} carries besides its message. */
export interface ErrorDetails {
  readonly kind: ErrorKind;
  /** What to do now, a sentence. */
  readonly help?: string | undefined;
  /** Where in the user's source the cause is. */
  readonly origin?: Origin | undefined;
  /** The line of the source with marks under the text in question. */
  readonly excerpt?: string | undefined;
  /** What is wrong with a value, for whoever knows where the value stands. */
  readonly problems?: readonly ValueProblem[];
  readonly cause?: unknown;
}

/**
 * An error for the user: its message is one sentence that says what could not be done, to what, and why; `help`
 * says what to do now. Everything else that is thrown is a defect of ours.
 *
 * @example
 * ```ts
 * import { PalletError } from "./errors.ts";
 *
 * const error = new PalletError('Cannot read infra file "infra.ts": no such file', {
 *   kind: "usage",
 *   help: "Name one with --infra FILE.",
 * });
 * console.assert(error.kind === "usage");
 * ```
 */
export class PalletError extends Error {
  override readonly name = "PalletError";
  readonly kind: ErrorKind;
  readonly help: string | undefined;
  readonly origin: Origin | undefined;
  readonly excerpt: string | undefined;
  readonly problems: readonly ValueProblem[];

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = details.kind;
    this.help = details.help;
    this.origin = details.origin;
    this.excerpt = details.excerpt;
    this.problems = details.problems ?? [];
  }
}

/** The message of whatever was thrown, without a stack trace. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** `file:line:column`, as editors and terminals link it. */
export function formatOrigin(origin: Origin): string {
  return `${origin.file}:${origin.line}:${origin.column}`;
}
