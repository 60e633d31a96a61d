/**
 * What programs import to run operations: options in, events through a callback, a result out.
 *
 * @module
 */
export type * from "./operate/options.ts";
export type * from "./operate/results.ts";
export type { Event, Failure, TargetSummary } from "./events.ts";
export { handleSignals, type Operation, type StopReason } from "./operate/operation.ts";
export { defaultTimings } from "./operate/options.ts";
