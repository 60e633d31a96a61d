// What an infra file holds, as plain data.
import { formatOrigin } from "../errors.ts";
import type { ExportedEnvironment } from "../spec/environment_spec.ts";
import type { MergedGroup, PlanFunction, ScheduleSummary } from "../spec/types.ts";
import { SETTINGS } from "../spec/phases.ts";
import { nearest } from "../suggest.ts";
import type { Hooks } from "./hooks.ts";
import type { Place } from "./problems.ts";
import type { ConsoleMessage, Infrastructure } from "./types.ts";

/** An infra file that was loaded: what stays the same from one evaluation to the next. */
export interface Loaded {
  readonly groups: ReadonlyMap<string, MergedGroup>;
  readonly environments: ReadonlyMap<string, ExportedEnvironment>;
  readonly schedules: readonly ScheduleSummary[];
  readonly hooks: Hooks;
}

/**
 * Whether a function's text shows that it has no value: a body in braces that does something and never says `return`.
 * Who forgets it around the actions of a phase would have a plan without any, and no error.
 */
function lacksReturn(run: PlanFunction): boolean {
  const text = Function.prototype.toString.call(run).trimEnd();
  return text.endsWith("}") && !/\{\s*\}$/.test(text) &&
    !/\b(?:return|throw|yield)\b|\[native code\]/.test(text);
}

/** A phase that runs by itself, which a group has not, and whose name differs by a slip from one that it has. */
function meantBy(phase: string, { phases, defaultPhases }: MergedGroup): string | undefined {
  const missing = [...defaultPhases, SETTINGS, "bootstrap"].filter((name) => !Object.hasOwn(phases, name));
  const near = missing.includes(phase) ? undefined : nearest(phase, missing);
  return near !== undefined && Math.abs(near.length - phase.length) < 2 ? near : undefined;
}

/** Warnings of what is allowed and hardly ever meant, each once. */
function warnings(groups: Iterable<MergedGroup>, place: Place): readonly ConsoleMessage[] {
  const texts = new Set<string>();
  for (const group of groups) {
    for (const phase of Object.keys(group.phases)) {
      const meant = meantBy(phase, group);
      if (meant !== undefined) {
        texts.add(
          `Phase "${phase}" of group "${group.name}" runs only when it is asked for. Did you mean "${meant}"?`,
        );
      }
    }
    for (const [phase, parts] of Object.entries(group.phases)) {
      for (const { origin } of parts.filter((part) => lacksReturn(part.run))) {
        const at = formatOrigin(place(origin));
        texts.add(`Phase "${phase}" (${at}) returns no actions: its function has no "return"`);
      }
    }
  }
  return [...texts].map((text) => ({ level: "warn", text }));
}

/** The groups, environments and schedules of an infra file, with places below its folder relative to that. */
export function infrastructureOf(
  { groups, environments, schedules, hooks }: Loaded,
  place: Place,
): Infrastructure {
  const spelled = [...environments.values()].map((environment) => ({
    name: environment.name,
    values: environment.values,
    origin: place(environment.origin),
    phases: Object.fromEntries(
      [...groups.keys()].flatMap((group) => {
        const phases = environment.phasesOf(group);
        return phases.length === 0 ? [] : [[group, phases]];
      }),
    ),
  }));
  return {
    groups: hooks.summaries.map((group) => ({
      ...group,
      origin: place(group.origin),
      phases: Object.fromEntries(
        Object.entries(group.phases).map(([phase, origins]) => [phase, origins.map(place)]),
      ),
    })),
    ...(spelled.length === 0 ? {} : { environments: spelled }),
    ...(schedules.length === 0 ? {} : { schedules }),
    console: warnings(groups.values(), place),
  };
}
