// Which texts of a project in YAML are bash.
import type { Json } from "../../json.ts";
import { isPlainObject } from "../../spec/plain.ts";

/** Actions that run bash of the user's, and which of their arguments it is. */
const SCRIPTS: Readonly<Record<string, number>> = { execScript: 0, execCheckedScript: 1 };

/** Options of these that are bash too, where they are texts. */
const GUARDS: ReadonlySet<string> = new Set(["onlyIf", "unless", "changedWhen"]);

/** What values become. */
export interface Forms<T> {
  bash(text: string): T;
  data(value: Json): T;
  map(entries: readonly (readonly [string, T])[]): T;
}

/** Arguments of an action, with bash told apart from texts. */
export function withBash<T>(name: string, args: readonly Json[], forms: Forms<T>): readonly T[] {
  const place = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
  const form = (value: Json, isBash: boolean) =>
    isBash && typeof value === "string" ? forms.bash(value) : forms.data(value);
  return args.map((arg, at) => {
    if (place === undefined || at <= place || !isPlainObject(arg)) return form(arg, at === place);
    const entries = Object.entries(arg as Readonly<Record<string, Json>>);
    return forms.map(entries.map(([key, value]) => [key, form(value, GUARDS.has(key))]));
  });
}
