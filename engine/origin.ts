import type { Origin } from "./errors.ts";

const FRAME = /(?:\(|at (?:async )?)((?:file|https?|pallet|jsr|npm):.*?):(\d+):(\d+)\)?$/;
const UNKNOWN: Origin = { file: "unknown", line: 1, column: 1 };

/** The folder of the engine's own modules, or the one file that they were bundled into. */
const OWN = import.meta.url.endsWith("/engine/origin.ts")
  ? import.meta.url.slice(0, -"origin.ts".length)
  : import.meta.url;

function isOwn(file: string): boolean {
  return file.startsWith(OWN) && !file.endsWith("_test.ts");
}

/** Frames of a stack, innermost first, that are not the engine's own. */
export function userFrames(stack: string): readonly Origin[] {
  return stack.split("\n").flatMap((line) => {
    const match = FRAME.exec(line);
    if (match === null || match[1] === undefined || isOwn(match[1])) return [];
    return [{ file: match[1], line: Number(match[2]), column: Number(match[3]) }];
  });
}

/** Where the engine was called from: the innermost place on the stack that is not the engine's own. */
export function callerOrigin(): Origin {
  return userFrames(new Error().stack ?? "")[0] ?? UNKNOWN;
}
