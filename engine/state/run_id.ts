const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

/** A random text of letters and digits that are not mistaken for each other. */
function suffix(random: Uint8Array): string {
  return Array.from(random, (byte) => LETTERS[byte % LETTERS.length]).join("");
}

/**
 * A name for a run: its start in UTC, which sorts and reads well, and four random letters, so that two runs of one
 * second differ.
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
  random: Uint8Array = crypto.getRandomValues(new Uint8Array(4)),
): string {
  const digits = now.toISOString().replace(/\.\d+Z$/, "").replaceAll(/[-:]/g, "").replace("T", "-");
  return `${digits}-${suffix(random)}`;
}
