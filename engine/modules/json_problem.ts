import { messageOf } from "../errors.ts";
import type { SyntaxProblem } from "./strip.ts";
import { position } from "./text.ts";

/** What is wrong with a JSON text, and where: the parser itself does not always say. */
export function jsonProblem(text: string): SyntaxProblem | undefined {
  const errorOf = (part: string): string | undefined => {
    try {
      JSON.parse(part);
      return undefined;
    } catch (thrown) {
      return messageOf(thrown);
    }
  };
  const whole = errorOf(text);
  if (whole === undefined) return undefined;
  /** Whether what is wrong with a text is that it ends: the parser names a position behind its end then, if any. */
  const isCut = (error: string, length: number): boolean =>
    /end of JSON input|Unterminated/.test(error) ||
    Number(/ at position (\d+)/.exec(error)?.[1] ?? -1) >= length;
  // The shortest beginning of the text that is wrong, and not just cut off.
  let [right, wrong] = [0, text.length];
  while (right < wrong) {
    const middle = Math.floor((right + wrong) / 2);
    const error = errorOf(text.slice(0, middle));
    if (error === undefined || isCut(error, middle)) right = middle + 1;
    else wrong = middle;
  }
  if (isCut(whole, text.length)) return { problem: "it ends too early", ...position(text, text.length) };
  const reason = whole.replace(/, "?(?:\.\.\.)?".*is not valid JSON$/s, "").replace(
    / in JSON at position .*$/s,
    "",
  );
  return { problem: reason, ...position(text, wrong - 1) };
}
