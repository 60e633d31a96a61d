import type { Json, JsonObject } from "../json.ts";
import type { ErrorKind, Origin } from "../errors.ts";
import type { PlannedAction } from "../actions/action.ts";
import type { EnvironmentSummary, GroupSummary, ScheduleSummary } from "../spec/types.ts";
import type { Target } from "../spec/node.ts";

/** A phase to run, with the arguments of the call. */
export interface PhaseCall {
  readonly phase: string;
  readonly args: JsonObject;
}

/** All that plans may depend on, besides the specs: plain data, the same for all targets of an evaluation. */
export interface World {
  /** All targets of the run, also those outside `--limit`. */
  readonly targets: readonly Target[];
  /** Environment by group name, layers merged; `""` is the one for groups without their own. */
  readonly environment: Readonly<Record<string, JsonObject>>;
  /** The environment of the infra file that was selected, for its phases. */
  readonly selected?: string;
  /** Values captured so far: target name -> capture name -> value. */
  readonly captured: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Clock of the run (milliseconds since the epoch) and seed of its randomness, fixed for all evaluations. */
  readonly clock: number;
  readonly seed: number;
}

/** Which plans to make. */
export interface PlanRequest {
  readonly world: World;
  readonly phases: readonly PhaseCall[];
  /** Names of targets to make plans for; the others are only asked for settings. */
  readonly targets: readonly string[];
  /**
   * Names of all targets on which the operation does something; `targets` unless told. `onOneNode` chooses among them,
   * so that batches that are planned one after the other agree on the one.
   */
  readonly executed?: readonly string[];
}

/** Why a plan could not be made. */
export interface PlanProblem {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly help?: string;
  readonly origin?: Origin;
  /** Stack in terms of the user's sources, for `--verbose`. */
  readonly stack?: string;
}

/** The actions of one phase for one target, or why there are none. */
export type TargetPlan =
  | {
    readonly target: string;
    readonly phase: string;
    readonly defined: boolean;
    readonly actions: readonly PlannedAction[];
  }
  | { readonly target: string; readonly phase: string; readonly problem: PlanProblem };

/** A setting and whose it is. */
export interface SettingEntry {
  readonly target: string;
  readonly facility: string;
  readonly instance: string;
  readonly value: Json;
}

/** That a target's plan read a setting of another. */
export interface SettingsRead {
  readonly reader: string;
  readonly of: string;
  readonly facility: string;
}

/** A message that an infra file wrote to its console. */
export interface ConsoleMessage {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
}

/** Answer to a {@linkcode PlanRequest}: one plan a target and phase, in the order asked. */
export interface PlanReply {
  readonly plans: readonly TargetPlan[];
  readonly settings: readonly SettingEntry[];
  /** Which targets' plans read settings of which others. */
  readonly reads: readonly SettingsRead[];
  readonly console: readonly ConsoleMessage[];
}

/** What an infra file exports. */
export interface Infrastructure {
  readonly groups: readonly GroupSummary[];
  readonly environments?: readonly EnvironmentSummary[];
  readonly schedules?: readonly ScheduleSummary[];
  readonly console: readonly ConsoleMessage[];
}
