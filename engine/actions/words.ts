// Actions in words: titles for people, subjects for ids.
import { describeDeferred, replaceDeferred } from "../plan/deferred.ts";
import type { JsonObject } from "../json.ts";
import type { Action } from "./action.ts";
import type { ActionDefinition } from "./definition.ts";

const LONGEST = 100;

/**
 * A text on one line and of bearable length: what is known only later by what it is, control characters as escapes.
 *
 * @example
 * ```ts
 * import { oneLine } from "./words.ts";
 *
 * console.assert(oneLine("a\nb") === "a\\nb");
 * ```
 */
export function oneLine(text: string, longest: number = LONGEST): string {
  const readable = replaceDeferred(text, (source) => `<${describeDeferred(source)}>`);
  // deno-lint-ignore no-control-regex -- these are what must not reach a terminal
  const escaped = readable.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, escape);
  const characters = [...escaped];
  return characters.length > longest ? `${characters.slice(0, longest - 3).join("")}...` : escaped;
}

function escape(character: string): string {
  const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return named[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** The first line of a script that says something, for titles and ids. */
export function firstLine(script: string): string {
  const lines = script.split("\n").map((line) => line.trim());
  return oneLine(lines.find((line) => line !== "" && !line.startsWith("#")) ?? "", 60);
}

/** `kind description`, on one line: how an action is shown. */
export function titleOf(definition: ActionDefinition, args: JsonObject): string {
  return oneLine(`${definition.kind} ${definition.describe(args)}`);
}

/** `kind:subject`, on one line: the id of an action that was given none, before equal ones are told apart. */
export function defaultId(definition: ActionDefinition, action: Pick<Action, "kind" | "args">): string {
  return `${action.kind}:${oneLine(definition.subject(action.args))}`;
}
