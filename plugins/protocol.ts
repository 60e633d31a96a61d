// What goes through the pipes between Pallet and a plugin's process. Several calls may be under way at a time.
import type { ErrorKind } from "../engine/errors.ts";
import type { Json } from "../engine/json.ts";
import type { ModuleMap } from "../engine/modules/types.ts";

/** Kinds of plugins; a module exports what it is under the name that stands behind its kind. */
export const EXPORTS = {
  provider: "provider",
  reporter: "reporter",
  notifier: "notifier",
  "secret-source": "secretSource",
} as const;

/** A kind of plugins. */
export type PluginKind = keyof typeof EXPORTS;

/** What Pallet asks. The first is `load`, the second a call of `open`, with which all others work. */
export type Request =
  | { readonly type: "load"; readonly id: number; readonly kind: PluginKind; readonly graph: ModuleMap }
  | { readonly type: "call"; readonly id: number; readonly method: string; readonly args: readonly Json[] }
  | { readonly type: "abort"; readonly id: number };

/** What went wrong in a plugin. */
export interface PluginProblem {
  /** Absent for what the plugin did not put into words for the user. */
  readonly kind?: ErrorKind;
  readonly message: string;
  readonly help?: string;
  /** `https://example.com/mod.ts:12:3`, where the module says it. */
  readonly at?: string;
  /** What it tried and was not granted. */
  readonly missing?: { readonly permission: string; readonly access?: string };
}

/** What a plugin says. `reply` and `problem` end a request; `item` is one of many of it. */
export type Message =
  | { readonly type: "reply"; readonly id: number; readonly value: Json }
  | { readonly type: "item"; readonly id: number; readonly value: Json }
  | { readonly type: "problem"; readonly id: number; readonly problem: PluginProblem }
  | { readonly type: "say"; readonly level: "debug" | "info" | "warn" | "error"; readonly text: string }
  | { readonly type: "write"; readonly text: string };
