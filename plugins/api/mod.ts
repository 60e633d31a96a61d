/**
 * "pallet/plugin": what plugins are written with.
 *
 * @module
 */
export { type ErrorDetails, type ErrorKind, messageOf, PalletError } from "../../engine/errors.ts";
export type {
  ActionCounts,
  Event,
  Failure,
  GroupCounts,
  Login,
  PhaseResult,
  TargetSummary,
} from "../../engine/events.ts";
export type { Json, JsonObject } from "../../engine/json.ts";
export type { RunEnd } from "../../engine/notify/notifier.ts";
export type {
  Capabilities,
  CreateRequest,
  CreateResult,
  Estimate,
  Hardware,
  Image,
  Problem,
  Provider,
  ProviderContext,
  ProviderKind,
  Readiness,
  ServiceConfig,
} from "../../engine/provider/provider.ts";
export type { Node, NodeState, OsFacts } from "../../engine/spec/node.ts";
export type { NodeSpec } from "../../engine/spec/types.ts";
export type { Route } from "../../engine/transport/connection.ts";
export {
  type Field,
  flag,
  number,
  oneOf,
  optional,
  type Options,
  readOptions,
  text,
  textMap,
  texts,
} from "./options.ts";
export { type Output, run, type RunOptions } from "./run.ts";
export type {
  NotifierKind,
  OpenNotifier,
  OpenReporter,
  OpenSecretSource,
  ReporterKind,
  Screen,
  SecretSourceKind,
} from "./types.ts";
