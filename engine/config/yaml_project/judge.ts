// What is wrong with the arguments of an action, told at their keys and not only at the action.
import * as functions from "../../actions/list.ts";
import { PalletError, type ValueProblem } from "../../errors.ts";
import type { Json } from "../../json.ts";
import { rawScript } from "../../script/sh.ts";
import { withBash } from "./bash.ts";
import { isPlainObject } from "../../spec/plain.ts";
import type { Keys } from "../document.ts";

/**
 * Problems of an action of "pallet" with these arguments, whose options stand at `keys`. Arguments that name secrets are
 * left to the module, where they are more than texts.
 */
export function problemsOfCall(
  keys: Keys,
  name: string,
  args: readonly Json[],
): readonly ValueProblem[] {
  const made: unknown = Reflect.get(functions, name);
  if (typeof made !== "function" || JSON.stringify(args).includes("{{secret")) return [];
  try {
    Reflect.apply(
      made,
      undefined,
      withBash<unknown>(name, args, { bash: rawScript, data: (value) => value, map: Object.fromEntries }),
    );
    return [];
  } catch (thrown) {
    if (!(thrown instanceof PalletError)) return [];
    if (thrown.problems.length === 0) return [{ keys, message: thrown.message }];
    const options = args.at(-1);
    return thrown.problems.map(({ keys: inner, message, ...problem }): ValueProblem => {
      const said = inner[0] === undefined || isPlainObject(options) && Object.hasOwn(options, inner[0]);
      const place = said ? { ...problem, keys: [...keys, ...inner] } : { keys, unknownKey: true as const };
      return { ...place, message: `${name}: ${message}` };
    });
  }
}
