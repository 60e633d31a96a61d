import type { Failure, GroupCounts, Login, TargetReport, TargetSummary } from "../events.ts";
import type { Origin } from "../errors.ts";
import type { PlannedAction } from "../actions/action.ts";
import type { ConsoleMessage, PlanProblem, SettingEntry } from "../plan/types.ts";
import type { EnvironmentValue } from "../plan/trace_environment.ts";
import type { LocatedSecret } from "../secrets/secrets.ts";
import type { Node } from "../spec/node.ts";

export type { ActionReport, GroupCounts, TargetReport } from "../events.ts";
export type { LocatedSecret } from "../secrets/secrets.ts";

/** What will be made, started and removed, by group. */
export interface CountsPlan {
  readonly groups: readonly GroupCounts[];
}

/** What one phase did. */
export interface PhaseReport {
  readonly phase: string;
  readonly result: "ok" | "failed";
  readonly targets: readonly TargetReport[];
}

/** What an operation did: plain data. An operation that could not begin is a rejected promise in place of it. */
export interface RunResult {
  readonly run: string;
  readonly operation: "converge" | "lift" | "destroy" | "plan" | "exec";
  readonly result: "ok" | "failed";
  /** 0, 1, 3, 4, 129, 130 or 143, as the command line ends with. */
  readonly exitCode: number;
  /** What failed first, when it was not a target of a phase. */
  readonly failure?: Failure;
  readonly phases: readonly PhaseReport[];
  readonly targets: readonly TargetSummary[];
  readonly created: readonly Node[];
  readonly existing: readonly Node[];
  readonly removed: readonly Node[];
  readonly settings: readonly SettingEntry[];
  /** Values that actions captured: target, name, value. */
  readonly captured: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Milliseconds. */
  readonly duration: number;
}

/** What {@linkcode plan} answers. */
export interface PlanResult extends RunResult {
  /** Who will log in, by groups; empty where nobody said. */
  readonly logins: readonly Login[];
  readonly counts: CountsPlan;
  readonly plans: readonly PlannedPhase[];
  /** The secrets that the plans read, by name, and where each is. */
  readonly secrets: readonly PlannedSecret[];
  /** Whether nodes would be made or removed, or, asked with `check`, anything would change or cannot be known. */
  readonly pending: boolean;
}

/** The plans of one phase. */
export interface PlannedPhase {
  readonly phase: string;
  readonly targets: readonly PlannedTarget[];
}

/** A secret that plans read, and what is known of it without asking a person. Never its value. */
export interface PlannedSecret extends LocatedSecret {
  /** Phases that read it. */
  readonly phases: readonly string[];
  /** Where it is read first. */
  readonly origin?: Origin;
}

/** The plan of one target: actions, or why there are none. */
export interface PlannedTarget {
  readonly target: string;
  readonly planned: boolean;
  /** Where the facts came from: the node, the cache with its age, the image, an option; `none`: nothing is known. */
  readonly facts: "node" | "cache" | "image" | "option" | "none";
  /** Milliseconds since the epoch of cached facts. */
  readonly factsAt?: number;
  readonly actions: readonly PlannedAction[];
  readonly problem?: PlanProblem;
}

/** One group and phase of {@linkcode explain}. */
export interface Explanation {
  readonly group: string;
  readonly phase: string;
  /** The name that the plan was made for: the group's first node. */
  readonly target: string;
  /** `debian-12` */
  readonly os: string;
  /** Where the parts of the phase are defined, in the order they run. */
  readonly parts: readonly Origin[];
  /** Values of the group's environment, who says each and what it hides. */
  readonly environment: readonly EnvironmentValue[];
  readonly actions: readonly PlannedAction[];
  /** The whole script, empty when there are no actions. */
  readonly script: string;
  readonly settings: readonly SettingEntry[];
  readonly console: readonly ConsoleMessage[];
}
