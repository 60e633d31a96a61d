import type { Json } from "../json.ts";
import type { Origin } from "../errors.ts";
import { callerOrigin } from "../origin.ts";
import { type Subject, v, validate } from "../schema.ts";
import { DEEPEST, isPlainObject, plainProblem, refusePlain } from "../spec/plain.ts";
import { type Deferred, isDeferred } from "./deferred.ts";

/** A crate's typed key to its settings: `facility` names the crate, `T` the value's shape. */
export interface SettingsKey<T extends Json> {
  readonly facility: string;
  /** Present in types alone. */
  readonly valueType?: T;
}

/** Data of a crate about a target, made by a `settings` phase and readable from every other target's plan. */
export interface Setting {
  readonly type: "setting";
  readonly facility: string;
  /** `default` unless a crate is used more than once on a target. */
  readonly instance: string;
  readonly value: Json;
  readonly origin: Origin;
}

/** A part of a value of type `T`: what several settings give merges, and a text may be known only later. */
export type SettingsPart<T> = T extends string ? T | Deferred
  : T extends readonly unknown[] ? T
  : T extends object ? { readonly [K in keyof T]?: SettingsPart<T[K]> }
  : T;

/** Options of {@linkcode setting}. */
export interface SettingOptions {
  /** Tells several uses of a crate on one target apart; `default` unless told. */
  readonly instance?: string;
}

const facility = v.pipe(v.string(), v.regex(/^[\w.\/@:-]+$/, "must be a name of a facility"));
const instanceName = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** Deferred values as their tokens, keys that are `undefined` left out; what has no end is left to the check after. */
function withTokens(value: unknown, depth = 0): unknown {
  if (isDeferred(value)) return value.toString();
  if (depth > DEEPEST) return value;
  if (Array.isArray(value)) return value.map((item) => withTokens(item, depth + 1));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withTokens(item, depth + 1)]));
}

/**
 * A typed key to a crate's settings. `T` is a type of plain data (a `type`, not an `interface`).
 *
 * @throws {PalletError} of kind `infra` for a facility that is no name.
 *
 * @example
 * ```ts
 * import { settingsKey } from "pallet";
 *
 * const mysqlSettings = settingsKey<{ port: number; user: string }>("mysql");
 * ```
 */
export function settingsKey<T extends Json>(name: string): SettingsKey<T> {
  const subject: Subject = { what: "settings key", kind: "infra", origin: callerOrigin() };
  return Object.freeze({ facility: validate(facility, name, subject) });
}

/**
 * Data about the target, to be returned by a `settings` phase. Several for one facility and instance merge key by
 * key, the later wins: a crate gives what it uses by default, a group what differs.
 *
 * @throws {PalletError} of kind `infra` for a value that is not plain data.
 *
 * @example
 * ```ts
 * import { serverSpec, setting, settingsKey } from "pallet";
 *
 * const mysqlSettings = settingsKey<{ port: number; user: string }>("mysql");
 * serverSpec({ phases: { settings: () => setting(mysqlSettings, { port: 3307 }) } });
 * ```
 */
export function setting<T extends Json>(
  key: SettingsKey<T>,
  value: SettingsPart<T>,
  options: SettingOptions = {},
): Setting {
  const origin = callerOrigin();
  const name = validate(facility, key.facility, { what: "settings key", kind: "infra", origin });
  const subject: Subject = { what: `setting "${name}"`, kind: "infra", origin };
  const instance = validate(instanceName, options.instance ?? "default", { ...subject, what: "instance" });
  const plain = withTokens(value);
  const problem = plainProblem(plain);
  if (problem !== undefined) refusePlain(problem, subject);
  return Object.freeze({ type: "setting", facility: name, instance, value: plain as Json, origin });
}
