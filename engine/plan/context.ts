import type { Action } from "../actions/action.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Facts } from "../spec/node.ts";
import type { Deferred } from "./deferred.ts";
import type { Setting, SettingsKey } from "./settings.ts";

/** A target as plans see it. Attributes of a planned node are deferred. */
export interface TargetView {
  readonly name: string;
  /** The first of its groups. */
  readonly group: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly planned: boolean;
  readonly primaryIp: string | Deferred;
  readonly privateIp: string | Deferred;
  readonly hostname: string | Deferred;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a plan function is given. Everything in it is a value; nothing in it performs anything. */
export interface TargetContext {
  /** The target whose plan is made. */
  readonly target: TargetView;
  /** Facts of the target: of the node, of its image, of `--os` or of a cache. */
  readonly facts: Facts;
  readonly phase: string;
  /** Phase arguments of the call, `{}` without any. */
  readonly args: JsonObject;
  /** The environment, layers and this target's group values merged. */
  readonly environment: JsonObject;
  /**
   * All targets, existing and planned, of the given group, in the order of their names; `[]` when it has none. In a
   * cluster a name means the cluster's own group first. A group that does not exist is an error.
   */
  nodesInGroup(group: string): readonly TargetView[];
  /** The one target of a group; none or several is an error that says so. */
  oneNodeInGroup(group: string): TargetView;
  /** All targets, of all groups, that have the role. */
  nodesWithRole(role: string): readonly TargetView[];
  /** All targets of the run. */
  nodes(): readonly TargetView[];
  /**
   * Settings that a target's `settings` phase made; missing without `fallback` is an error of the reader. In a `settings`
   * phase it gives what other targets make, unless they need each other, and what earlier parts of its own have made.
   */
  settingsOf<T extends Json>(target: TargetView, key: SettingsKey<T>, options?: SettingsOptions<T>): T;
  /** Settings of this target. */
  settings<T extends Json>(key: SettingsKey<T>, options?: SettingsOptions<T>): T;
  /** Value at a path of the environment, a key or several: `getEnvironment(["apt", "mirror"])`. Missing without a fallback is an error. */
  getEnvironment(path: string | readonly string[], fallback?: Json): Json;
  /**
   * Makes its actions part of exactly one target's plan: the first, by name, of those of the group (or role) on which
   * this phase runs.
   */
  onOneNode(actions: () => PlanResult, options?: { readonly role?: string }): PlanResult;
  /** Text of a file of the project, relative to the infra file. */
  readProjectFile(path: string): Promise<string>;
}

/** What a plan function returns: actions, settings, nested lists of them, or nothing. */
export type PlanResult =
  | Action
  | Setting
  | readonly PlanResult[]
  | null
  | undefined
  | false
  | void;

/** How {@linkcode TargetContext.settingsOf} looks a value up. */
export interface SettingsOptions<T> {
  /** `default` unless told. */
  readonly instance?: string;
  /** Returned when nothing was set. */
  readonly fallback?: T;
}
