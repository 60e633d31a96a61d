// Runs from files of events: what --json printed, --save wrote, or a journal holds.
import { messageOf } from "../engine/errors.ts";
import type { Event } from "../engine/events.ts";
import { usageError } from "./parse.ts";

/** Whether an argument names a file, and not a run that is kept. */
export function isFile(argument: string): boolean {
  return argument.endsWith(".jsonl") || argument.includes("/");
}

function eventOf(line: string): Event | undefined {
  try {
    const { sum: _, ...value } = JSON.parse(line);
    const fits = ["type", "at", "run"].every((key) => typeof value[key] === "string");
    return fits && !Number.isNaN(Date.parse(value.at)) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The events of a file, and how many of its lines are none; a last line that was cut off is one.
 *
 * @throws {PalletError} of kind `usage` when it cannot be read, or holds no run.
 */
export async function readRunFile(
  path: string,
): Promise<{ readonly events: readonly Event[]; readonly damaged: number }> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw usageError(`Cannot read ${JSON.stringify(path)}: ${messageOf(cause)}`);
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "").map(eventOf);
  const events = lines.filter((event) => event !== undefined);
  if (!events.some(({ type }) => type === "run-started")) {
    throw usageError(
      `There is no run in ${JSON.stringify(path)}.`,
      "Such files are what --json prints, and what --save FILE.jsonl writes.",
    );
  }
  return { events, damaged: lines.length - events.length };
}
