// From whatever was thrown to a problem as plain data, in terms of the user's sources.
import { type Origin, PalletError } from "../errors.ts";
import { userFrames } from "../origin.ts";
import { preview } from "../schema.ts";
import { describeDeferred, replaceDeferred } from "./deferred.ts";
import type { PlanProblem } from "./types.ts";

/**
 * Functions of ours that call infra code. What lies below them on a stack belongs to the program that called us: it is
 * not where infra code went wrong.
 */
const CALLERS = /^\s*at (?:async )?(?:\w+\.)?(?:evaluatePart|planOne|keepSettings|callHook|loadGroups)\d* /;

/** Frames of infra code, innermost first. */
function framesOf(stack: string): readonly Origin[] {
  const lines = stack.split("\n");
  const end = lines.findIndex((line) => CALLERS.test(line));
  return userFrames((end < 0 ? lines : lines.slice(0, end)).join("\n"));
}

/** Spells a place relative to the infra file's folder. */
export type Place = (origin: Origin) => Origin;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Origins below a folder (a URL that ends with "/") lose it; others stay as they are. */
export function relativeTo(baseUrl: string): Place {
  // Stack traces show URLs of files decoded, `import.meta.url` encoded.
  const bases = [baseUrl, decoded(baseUrl)];
  return (origin) => {
    const base = bases.find((one) => origin.file.startsWith(one));
    return base === undefined || base === ""
      ? origin
      : { ...origin, file: decoded(origin.file.slice(base.length)) };
  };
}

/** A text with what is known only later in words, for messages. */
export function readable(text: string): string {
  return replaceDeferred(text, (source) => `<${describeDeferred(source)}>`);
}

function textProperty(thrown: object, key: string): string | undefined {
  const value: unknown = Reflect.get(thrown, key);
  return typeof value === "string" ? value : undefined;
}

/** What infra code threw: it may be anything, and reading it may throw again. */
function inWords(thrown: unknown): { readonly message: string; readonly stack: string } {
  try {
    if (thrown instanceof Error) {
      const name = textProperty(thrown, "name") ?? "Error";
      const message = textProperty(thrown, "message") ?? "";
      return {
        message: message === "" ? "threw an error without a message" : `threw ${name}: ${message}`,
        stack: textProperty(thrown, "stack") ?? "",
      };
    }
    return { message: `threw ${preview(thrown)}, which is no error`, stack: "" };
  } catch {
    return { message: "threw something that cannot be read", stack: "" };
  }
}

function isPalletError(thrown: unknown): thrown is PalletError {
  try {
    return thrown instanceof PalletError;
  } catch {
    return false;
  }
}

/** The message of whatever was thrown by infra code. */
export function messageIn(thrown: unknown): string {
  return isPalletError(thrown) ? thrown.message : `it ${inWords(thrown).message}`;
}

/**
 * What was thrown as a problem: an error of ours with its own words and place, anything else as what `what` (a phase,
 * a hook) threw, at the innermost place in the user's sources, or else at `fallback`.
 */
export function problemOf(thrown: unknown, what: string, place: Place, fallback?: Origin): PlanProblem {
  const ours = isPalletError(thrown);
  const words = ours ? { message: thrown.message, stack: thrown.stack ?? "" } : inWords(thrown);
  const frames = framesOf(words.stack);
  const origin = (ours ? thrown.origin : undefined) ?? frames[0] ?? fallback;
  const stack = frames.map(place).map((frame) => `at ${frame.file}:${frame.line}:${frame.column}`).join("\n");
  return {
    kind: ours ? thrown.kind : "infra",
    message: readable(ours ? words.message : `${what} ${words.message}`),
    ...(ours && thrown.help !== undefined ? { help: thrown.help } : {}),
    ...(origin === undefined ? {} : { origin: place(origin) }),
    ...(stack === "" ? {} : { stack }),
  };
}

/** A problem as an error, to be thrown where a caller expects one. */
export function errorOf(problem: PlanProblem, cause?: unknown): PalletError {
  return new PalletError(problem.message, {
    kind: problem.kind,
    help: problem.help,
    origin: problem.origin,
    cause,
  });
}
