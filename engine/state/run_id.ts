/** In the order in which texts sort; none is mistaken for another. */
const SIGNS = "23456789abcdefghijkmnpqrstuvwxyz";

/**
 * A name for a run: its start in UTC, which sorts and reads well, and four signs, two that tell the millisecond and
 * two random ones, so that runs of one second differ and still sort by their start.
 *
 * @example
 * ```ts
 * import { makeRunId } from "./run_id.ts";
 *
 * console.assert(makeRunId(new Date("2026-11-22T10:15:30Z")).startsWith("20261122-101530-"));
 * ```
 */
export function makeRunId(
  now: Date = new Date(),
  random: Uint8Array = crypto.getRandomValues(new Uint8Array(2)),
): string {
  const digits = now.toISOString().replace(/\.\d+Z$/, "").replaceAll(/[-:]/g, "").replace("T", "-");
  const milliseconds = now.getUTCMilliseconds();
  const places = [Math.floor(milliseconds / SIGNS.length), milliseconds % SIGNS.length, ...random];
  return `${digits}-${places.map((place) => SIGNS[place % SIGNS.length]).join("")}`;
}
