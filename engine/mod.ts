/**
 * What infra files and crates import: pure data and functions, no I/O.
 *
 * @module
 */
export * from "./actions/list.ts";
export type { Action } from "./actions/action.ts";
export type { ActionOptions } from "./actions/define.ts";
export type { ScriptOptions, Thing } from "./actions/definition.ts";
export type { ExecOptions } from "./actions/exec.ts";
export type { WaitOptions } from "./actions/waiting.ts";
export { captured, type Deferred, secret } from "./plan/deferred.ts";
export type * from "./plan/context.ts";
export { onChange } from "./plan/on_change.ts";
export { setting, settingsKey } from "./plan/settings.ts";
export type * from "./plan/settings.ts";
export { environmentSpec } from "./spec/environment_spec.ts";
export { schedule } from "./spec/schedule_spec.ts";
export { clusterSpec, groupSpec, nodeSpec, serverSpec } from "./spec/specs.ts";
export type * from "./spec/types.ts";
export { rawScript, type Script, sh, type ShValue } from "./script/sh.ts";
export { adminGroup, osMap, packageName, serviceName } from "./os/mod.ts";
export type { Facts, OsFacts } from "./spec/node.ts";
export type { Json, JsonObject } from "./json.ts";
export { type Origin, PalletError } from "./errors.ts";
