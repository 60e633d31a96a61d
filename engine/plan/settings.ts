import type { Json } from "../json.ts";
import type { Origin } from "../errors.ts";

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
