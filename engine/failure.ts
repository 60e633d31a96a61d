// What ended something, as plain data, and the exit status that it makes.
import { type ErrorKind, messageOf, PalletError } from "./errors.ts";
import type { Failure } from "./events.ts";

/** What is thrown by whatever was waited for when an operation was told to stop. */
export class Stopped extends Error {
  /** @param by who said so: a signal, or nothing that has a name */
  constructor(readonly by: string) {
    super(`Stopped${by.startsWith("SIG") ? ` by ${by}` : ""} before it was done`);
  }
}

/**
 * What was thrown, as plain data for events and results. What is no {@linkcode PalletError} is a defect of the
 * engine and says so.
 *
 * @example
 * ```ts
 * import { failureOf } from "./failure.ts";
 *
 * console.assert(failureOf(new TypeError("x is undefined")).kind === "internal");
 * ```
 */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof PalletError) {
    return {
      kind: thrown.kind,
      message: thrown.message,
      ...(thrown.help === undefined ? {} : { help: thrown.help }),
      ...(thrown.origin === undefined ? {} : { origin: thrown.origin }),
      ...(thrown.excerpt === undefined ? {} : { excerpt: thrown.excerpt }),
    };
  }
  if (thrown instanceof Stopped) return { kind: "unreachable", message: thrown.message };
  return {
    kind: "internal",
    message: `Pallet itself failed: ${messageOf(thrown)}`,
    help: "This is a defect of Pallet, not of your files. With --verbose the command line says where.",
  };
}

/** A failure as something to throw. */
export function errorOf(failure: Failure): PalletError {
  return new PalletError(failure.message, failure);
}

/** Exit status by what went wrong. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  usage: 2,
  config: 2,
  infra: 2,
  provider: 1,
  action: 1,
  internal: 1,
  unreachable: 4,
};

/**
 * Exit status of a command that ended with an error before anything was done.
 *
 * @example
 * ```ts
 * import { PalletError } from "pallet";
 * import { exitCodeOf } from "./failure.ts";
 *
 * console.assert(exitCodeOf(new PalletError("There is no such group", { kind: "usage" })) === 2);
 * ```
 */
export function exitCodeOf(thrown: unknown): number {
  return exitCodes[failureOf(thrown).kind];
}
