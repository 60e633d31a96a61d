// What plan functions are given.
import { PalletError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import { preview } from "../schema.ts";
import { isJsonObject } from "../spec/plain.ts";
import type { PhasePart } from "../spec/types.ts";
import { didYouMean } from "../suggest.ts";
import type { SettingsOptions, TargetContext, TargetView } from "./context.ts";
import type { SettingsKey } from "./settings.ts";
import type { SettingsQuery } from "./setting_values.ts";
import type { SettingsOfAll } from "./settle.ts";
import type { PlanTarget, Targets } from "./targets.ts";
import type { SettingsRead } from "./types.ts";

/** What the contexts of one evaluation share. */
export interface Evaluation {
  readonly targets: Targets;
  /** Names of the targets on which the operation does something; `onOneNode` chooses among them. */
  readonly executed: ReadonlySet<string>;
  readonly settings: () => SettingsOfAll;
  /** Told of each setting that is read of another target. */
  readonly onRead: (read: SettingsRead) => void;
  readonly readProjectFile: (path: string) => Promise<string>;
}

/** For whom and for what a context is. */
export interface Situation {
  readonly target: PlanTarget;
  readonly phase: string;
  readonly args: JsonObject;
  readonly part: PhasePart;
  /** How settings are read: from within a `settings` phase, or when all have ended. */
  readonly read: (query: SettingsQuery) => Json | undefined;
}

function refuse(message: string, help?: string): never {
  throw new PalletError(message, { kind: "infra", help });
}

function one(views: readonly TargetView[], group: string): TargetView {
  const [only, ...others] = views;
  if (only !== undefined && others.length === 0) return only;
  const names = views.map((view) => view.name).join(", ");
  return refuse(
    `Cannot take the one node of group "${group}": it has ${
      views.length === 0 ? "none" : `${views.length} (${names})`
    }`,
    "Give the group a count of 1, or use nodesInGroup().",
  );
}

function getEnvironment(environment: JsonObject, path: string | readonly string[], fallback?: Json): Json {
  const keys = typeof path === "string" ? [path] : path;
  let value: Json | undefined = environment;
  for (const key of keys) {
    const at: Json | undefined = value;
    value = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    if (value !== undefined && value !== null) continue;
    if (fallback !== undefined) return fallback;
    const known = isJsonObject(at) ? Object.keys(at).filter((one) => at[one] !== null) : [];
    return refuse(
      `The environment has no "${keys.join(".")}".${didYouMean(key, known)}`,
      "Set it in the environment of the configuration, the service or the project, or give a fallback.",
    );
  }
  return value;
}

/**
 * The first, by name, of the targets that run this very part of the phase, so that all of them agree on the one.
 */
function chosen(evaluation: Evaluation, situation: Situation, role: string | undefined): boolean {
  const { target, phase, part } = situation;
  const among = role === undefined
    ? evaluation.targets.all.map(({ view }) => view).filter((view) => view.group === target.view.group)
    : evaluation.targets.withRole(role);
  if (among.length === 0) refuse(`Cannot choose one node with the role "${role}": no target has it`);
  const first = among.find((view) =>
    evaluation.executed.has(view.name) &&
    evaluation.targets.named(view.name)?.parts(phase).some(({ run }) => run === part.run)
  );
  return first?.name === target.view.name;
}

/** The context of one part of a phase for one target. */
export function makeContext(evaluation: Evaluation, situation: Situation): TargetContext {
  const { target, phase, args } = situation;
  const { targets } = evaluation;

  const settingsOf = <T extends Json>(
    view: TargetView,
    key: SettingsKey<T>,
    options: SettingsOptions<T> = {},
  ): T => {
    const of = targets.named(view?.name);
    if (of === undefined) return refuse(`Cannot read settings of ${preview(view)}: it is no target`);
    if (typeof key?.facility !== "string") {
      return refuse(`Cannot read settings ${preview(key)}: it is no settings key`);
    }
    if (of !== target) {
      evaluation.onRead({ reader: target.view.name, of: of.view.name, facility: key.facility });
    }
    const instance = options.instance ?? "default";
    const query: SettingsQuery = { target: of, facility: key.facility, instance };
    // The shape is the crate's promise: its key and its settings are made in one place.
    const value = situation.read(query) as T | undefined ?? options.fallback;
    if (value !== undefined) return value;
    const which = instance === "default" ? `"${key.facility}"` : `"${key.facility}" (${instance})`;
    return refuse(
      `${of.view.name} has no settings ${which}.${evaluation.settings().known(query)}`,
      "Let its group extend the crate that makes them, or give a fallback.",
    );
  };

  return {
    target: target.view,
    get facts() {
      return target.facts ?? refuse(
        `The facts of ${target.view.name} are not known`,
        "Name the operating system with --os, e.g. --os debian-12.",
      );
    },
    phase,
    args,
    environment: target.environment,
    nodesInGroup: (group) => targets.inGroup(group, target),
    oneNodeInGroup: (group) => one(targets.inGroup(group, target), group),
    nodesWithRole: (role) => targets.withRole(role),
    nodes: () => targets.all.map(({ view }) => view),
    settingsOf,
    settings: (key, options) => settingsOf(target.view, key, options),
    getEnvironment: (path, fallback) => getEnvironment(target.environment, path, fallback),
    onOneNode: (actions, options) => chosen(evaluation, situation, options?.role) ? actions() : [],
    readProjectFile: evaluation.readProjectFile,
  };
}
