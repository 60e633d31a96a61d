import { type FixedSources, fixSources } from "./fixed.ts";
import { recordConsole, type Recorder } from "./console.ts";

/**
 * Globals that evaluated code keeps, besides those of `fixed.ts` and the console: the language itself, and what turns
 * data into other data. All else that the platform has goes: nothing here waits, performs, or tells two runs apart.
 */
const KEPT = new Set([
  ..."Infinity NaN undefined globalThis Object Function Array Number Boolean String Symbol BigInt Promise Proxy Reflect"
    .split(" "),
  ..."Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError SuppressedError"
    .split(" "),
  ..."JSON Math Intl Date RegExp Map Set WeakMap WeakSet Iterator Temporal DisposableStack AsyncDisposableStack"
    .split(" "),
  ..."ArrayBuffer DataView Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array BigUint64Array"
    .split(" "),
  ..."BigInt64Array Uint8ClampedArray Float16Array Float32Array Float64Array".split(" "),
  ..."parseFloat parseInt isFinite isNaN decodeURI decodeURIComponent encodeURI encodeURIComponent".split(
    " ",
  ),
  ..."escape unescape eval queueMicrotask structuredClone atob btoa".split(" "),
  ..."console crypto performance URL URLSearchParams URLPattern TextEncoder TextDecoder DOMException".split(
    " ",
  ),
]);

/** What is left to the child itself once the platform is out of reach. */
export interface Platform {
  readonly fixed: FixedSources;
  readonly recorder: Recorder;
}

/**
 * Takes the platform away from all code that is evaluated after it. What the child needs of it must be in its own
 * variables by then.
 */
export function removePlatform(): Platform {
  const { inspect } = Deno;
  const recorder = recordConsole((value) => inspect(value, { colors: false, depth: 4 }));
  const fixed = fixSources();
  Object.defineProperty(globalThis, "console", {
    value: recorder.console,
    writable: true,
    configurable: true,
  });
  for (const key of Reflect.ownKeys(globalThis)) {
    // Symbols hold the state of the platform's event target, which reports rejections to the child.
    if (typeof key === "string" && !KEPT.has(key)) Reflect.deleteProperty(globalThis, key);
  }
  for (const key of ["addEventListener", "removeEventListener", "constructor"]) {
    Object.defineProperty(globalThis, key, { value: undefined });
  }
  return { fixed, recorder };
}
