/**
 * A text that must not be seen: whatever shows it by accident (a message, a log, JSON, an inspection) shows `***`.
 *
 * @example
 * ```ts
 * import { Secret } from "./secret.ts";
 *
 * const password = new Secret("correct horse");
 * console.assert(`${password}` === "***" && JSON.stringify({ password }) === '{"password":"***"}');
 * console.assert(password.reveal() === "correct horse");
 * ```
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself; the only way to it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return "***";
  }

  /** What `node:util` shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "***";
  }
}
