/** A span of whoever started this program. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
  /** What tracing systems add, handed on as it is. */
  readonly state?: string;
}

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * The span that a `TRACEPARENT` names, by W3C's Trace Context; nothing for one that is none: a run then begins a trace
 * of its own, as the standard wants it.
 *
 * @example
 * ```ts
 * import { parentFrom } from "./traceparent.ts";
 *
 * const parent = parentFrom("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
 * console.assert(parent?.spanId === "b7ad6b7169203331" && parent.sampled);
 * ```
 */
export function parentFrom(text: string | undefined, state?: string): SpanContext | undefined {
  const [, version = "", traceId = "", spanId = "", flags = "", more] = PATTERN.exec(text ?? "") ?? [];
  if (version === "" || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, sampled, ...(state === undefined ? {} : { state }) };
}
