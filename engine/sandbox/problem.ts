import { type Origin, PalletError } from "../errors.ts";
import { displayUrl } from "../modules/text.ts";
import { userFrames } from "../origin.ts";
import type { PlanProblem } from "../plan/types.ts";
import { helpForAbsent } from "./absent.ts";

const LONGEST = 4000;

/** A text of something that evaluated code made, which may be anything, also what throws when looked at. */
function textOf(read: () => unknown): string | undefined {
  try {
    const value = read();
    return typeof value === "string" ? value.slice(0, LONGEST) : undefined;
  } catch {
    return undefined;
  }
}

/** A place with its file told relative to the project folder. */
export function relativeTo(root: string, origin: Origin): Origin {
  return { file: displayUrl(origin.file, root), line: origin.line, column: origin.column };
}

/** The place that a syntax error names at the end of its message. */
const PLACE = / at ((?:file|pallet|https?):\S+?):(\d+):(\d+)$/;

/**
 * What was thrown, as data: a message that begins with what could not be done, and the place in the user's sources.
 */
export function problemFrom(thrown: unknown, what: string, root: string): PlanProblem {
  const stack = textOf(() => (thrown as Error).stack) ?? "";
  const place = PLACE.exec(textOf(() => (thrown as Error).message) ?? "");
  const frames = userFrames(stack);
  const shown = stack === "" ? {} : { stack: stack.replaceAll(root, "") };
  if (thrown instanceof PalletError) {
    const { kind, help } = thrown;
    const origin = thrown.origin ?? frames[0];
    return {
      kind,
      message: thrown.message,
      ...(help === undefined ? {} : { help }),
      ...(origin === undefined ? {} : { origin: relativeTo(root, origin) }),
      ...shown,
    };
  }
  const name = textOf(() => (thrown as Error).name);
  const text = textOf(() => (thrown as Error).message) ?? textOf(() => String(thrown)) ??
    "something that has no text was thrown";
  const message = place === null ? text : text.slice(0, place.index);
  const origin = place === null ? frames[0] : {
    file: place[1] ?? "",
    line: Number(place[2]),
    column: Number(place[3]),
  };
  const help = helpForAbsent(message);
  return {
    kind: "infra",
    message: `${what}: ${name === undefined || name === "Error" ? "" : `${name}: `}${
      message.replaceAll(root, "")
    }`,
    ...(help === undefined ? {} : { help }),
    ...(origin === undefined ? {} : { origin: relativeTo(root, origin) }),
    ...shown,
  };
}
