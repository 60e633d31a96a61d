/**
 * Bytes one behind the other.
 *
 * @example
 * ```ts
 * import { joined } from "./bytes.ts";
 *
 * console.assert(joined([Uint8Array.of(1, 2), Uint8Array.of(3)]).join() === "1,2,3");
 * ```
 */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
