// What a command line says of groups, phases and amounts, as the engine takes it.
import type { Amount, PhaseOptions, PhaseRequest, Selection, Shard } from "../engine/run.ts";
import type { Configuration } from "../engine/config/config.ts";
import type { Json } from "../engine/json.ts";
import { usageError, type Values } from "./parse.ts";
import type { executionOptions, phaseOptions } from "./options.ts";

/** Words of a repeatable option whose values may also be separated by commas. */
export function words(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(",")).map((word) => word.trim()).filter((word) => word !== "");
}

/**
 * `web=3 db` as groups and counts.
 *
 * @throws {PalletError} of kind `usage`: a count that is none, a group named twice.
 */
export function groupsAndCounts(
  args: readonly string[],
  withCounts: boolean,
): { readonly groups?: readonly string[]; readonly counts?: Readonly<Record<string, number>> } {
  const counts: Record<string, number> = {};
  const groups: string[] = [];
  for (const arg of args) {
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg : arg.slice(0, equals);
    if (name === "") throw usageError(`"${arg}" names no group.`, "Write GROUP or GROUP=N.");
    if (groups.includes(name)) throw usageError(`Group "${name}" is named twice.`);
    groups.push(name);
    if (equals < 0) continue;
    const text = arg.slice(equals + 1);
    if (!withCounts) {
      throw usageError(
        `This command takes no counts, but "${arg}" was given.`,
        `Name the group alone: ${name}.`,
      );
    }
    if (!/^\d{1,6}$/.test(text)) {
      throw usageError(`Count of group "${name}" must be a whole number, not "${text}".`);
    }
    counts[name] = Number(text);
  }
  if (groups.length === 0) return {};
  return { groups, ...(Object.keys(counts).length > 0 ? { counts } : {}) };
}

/** A number of nodes, not less than `least`. @throws {PalletError} of kind `usage` for what is none. */
function wholeNumber(option: string, text: string, least: number, besides = ""): number {
  if (/^\d{1,6}$/.test(text) && Number(text) >= least) return Number(text);
  throw usageError(`Option --${option} must be ${least} or more${besides}, not "${text}".`);
}

function amount(option: string, text: string | undefined, least: number): Amount | undefined {
  if (text === undefined) return undefined;
  const percent = Number(/^(\d{1,3})%$/.exec(text)?.[1]);
  if (percent >= least && percent <= 100) return `${percent}%`;
  return wholeNumber(option, text, least, ", or a percentage such as 25%");
}

/** A number of seconds. @throws {PalletError} of kind `usage` for what is none. */
export function seconds(option: string, text: string): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number <= 604_800) return number;
  throw usageError(`Option --${option} must be a number of seconds, a week at most, not "${text}".`);
}

/** `2/3`. @throws {PalletError} of kind `usage` for a shard that there is none of. */
function shardFrom(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, index = "", count = ""] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (index !== "" && shard.index >= 1 && shard.index <= shard.count) return shard;
  throw usageError(
    `Option --shard must be K/N, not "${text}".`,
    "The first of three is 1/3, the last 3/3. Where your system counts from 0, add 1.",
  );
}

/** Nodes that are executed, and how many at once; the command line before configured defaults. */
export function execution(
  values: Values<typeof executionOptions>,
  defaults: Configuration["defaults"],
):
  & Pick<Selection, "limit" | "shard">
  & Pick<PhaseOptions, "batch" | "canary" | "pause" | "maxFail" | "parallel"> {
  const limit = words(values.limit);
  if (values.limit.length > 0 && limit.length === 0) throw usageError("Option --limit names no node.");
  const batch = amount("batch", values.batch, 1) ?? defaults.batch;
  const canary = amount("canary", values.canary, 1);
  const pause = values.pause === undefined ? undefined : seconds("pause", values.pause);
  const maxFail = amount("max-fail", values["max-fail"], 0) ?? defaults["max-fail"];
  const parallel = values.parallel === undefined
    ? defaults.parallel
    : wholeNumber("parallel", values.parallel, 1);
  const shard = shardFrom(values.shard);
  return {
    ...(limit.length > 0 ? { limit } : {}),
    ...(shard === undefined ? {} : { shard }),
    ...(batch === undefined ? {} : { batch }),
    ...(canary === undefined ? {} : { canary }),
    ...(pause === undefined ? {} : { pause }),
    ...(maxFail === undefined ? {} : { maxFail }),
    ...(parallel === undefined ? {} : { parallel }),
  };
}

/**
 * `NAME=VALUE` of an option, the value as JSON where it is some, else as a text.
 *
 * @throws {PalletError} of kind `usage` for what has no name.
 */
export function keyAndValue(option: string, text: string): readonly [string, Json] {
  const equals = text.indexOf("=");
  if (equals < 1) throw usageError(`Option ${option} must be NAME=VALUE, not "${text}".`);
  const [name, value] = [text.slice(0, equals), text.slice(equals + 1)];
  try {
    return [name, JSON.parse(value)];
  } catch {
    // What is no JSON is the text itself: --arg version=1.2.3
    return [name, value];
  }
}

/**
 * Phases with the arguments that all of them get; none without `--phase`.
 *
 * @throws {PalletError} of kind `usage`: arguments without a phase, an argument that has no name or is given twice.
 */
export function phases(values: Values<typeof phaseOptions>): { readonly phases?: readonly PhaseRequest[] } {
  const names = words(values.phase);
  const entries = values.arg.map((text) => keyAndValue("--arg", text));
  const twice = entries.find(([name], index) => entries.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined) throw usageError(`Argument "${twice[0]}" is given twice.`);
  if (names.length === 0) {
    if (values.phase.length > 0) throw usageError("Option --phase names no phase.");
    if (entries.length > 0) throw usageError("Option --arg needs a phase: --phase PHASE.");
    return {};
  }
  const args = Object.fromEntries(entries);
  return { phases: names.map((phase) => entries.length === 0 ? phase : { phase, args }) };
}
