import type { Origin } from "./errors.ts";
import { home } from "./home.ts";

const FRAME = /(?:\(|at (?:async )?)((?:file|https?|pallet|jsr|npm):.*?):(\d+):(\d+)\)?$/;
/** What stands for a place that nothing is known of. */
export const unknownOrigin: Origin = { file: "unknown", line: 1, column: 1 };

/** How many frames are looked at: first those that an action's own function has, then, rarely, all that helpers may nest. */
const DEPTHS = [2, 12];

/** The folder of the engine's own modules. */
const OWN = home.bundled ? home.url : `${home.url}engine/`;

/** The part of V8's call site that is used here. */
interface CallSite {
  getScriptNameOrSourceURL(): string | null | undefined;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
}

/** What URLs of packages of npm begin with: they are the engine's own too, and at fault for nothing they are given. */
export const PACKAGES_URL = "pallet://npm/";

function isOwn(file: string): boolean {
  return (file.startsWith(OWN) && !file.endsWith("_test.ts")) || file.startsWith(PACKAGES_URL);
}

/** Frames of a stack, innermost first, that are not the engine's own. */
export function userFrames(stack: string): readonly Origin[] {
  return stack.split("\n").flatMap((line) => {
    const match = FRAME.exec(line);
    if (match === null || match[1] === undefined || isOwn(match[1])) return [];
    return [{ file: match[1], line: Number(match[2]), column: Number(match[3]) }];
  });
}

/**
 * The innermost call sites below a function. Every action asks where it was made: writing a stack out and reading it
 * back would cost several times what validating the action does.
 */
function nearCallSites(depth: number, below: Below): readonly CallSite[] {
  const errors = Error as unknown as { prepareStackTrace?: unknown };
  const [prepare, limit] = [errors.prepareStackTrace, Error.stackTraceLimit];
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = depth;
    errors.prepareStackTrace = (_error: unknown, sites: readonly CallSite[]) => sites;
    Error.captureStackTrace(holder, below);
    return Array.isArray(holder.stack) ? holder.stack : [];
  } finally {
    Error.stackTraceLimit = limit;
    errors.prepareStackTrace = prepare;
  }
}

/** A call site's place, unless it is the engine's own or the runtime's. */
function userPlace(site: CallSite): Origin | undefined {
  const file = site.getScriptNameOrSourceURL();
  if (typeof file !== "string" || !/^(?:file|https?|pallet|jsr|npm):/.test(file) || isOwn(file)) {
    return undefined;
  }
  return { file, line: site.getLineNumber() ?? 1, column: site.getColumnNumber() ?? 1 };
}

/** A function of the engine that infra code may have called, directly or by way of another. */
type Below = (...args: never[]) => unknown;

/**
 * Where the engine was called from: the innermost place on the stack that is not the engine's own. `below` is a function
 * of the engine that is being called: the nearer it is to its caller, the cheaper the answer.
 */
export function callerOrigin(below: Below = callerOrigin): Origin {
  for (const depth of DEPTHS) {
    for (const site of nearCallSites(depth, below)) {
      const origin = userPlace(site);
      if (origin !== undefined) return origin;
    }
  }
  return unknownOrigin;
}
