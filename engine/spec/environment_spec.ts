// Environments of infra files: data, as in a configuration, and phases, which no file can hold.
import { type Origin, PalletError } from "../errors.ts";
import { callerOrigin } from "../origin.ts";
import { validate } from "../schema.ts";
import { environmentProblems } from "./environment.ts";
import { madeOf, remember } from "./made.ts";
import { canonicalPhase } from "./phases.ts";
import { frozenCopy, isPlainObject, refuseHostileKeys } from "./plain.ts";
import { phasesOnly } from "./schemas.ts";
import type { Environment, EnvironmentSpec, EnvironmentValues, PhasePart, PlanFunction } from "./types.ts";

type Phases = Readonly<Record<string, PlanFunction>>;

/** Phases of values, and what is left: data. */
function withoutPhases(values: EnvironmentValues): readonly [Phases, Readonly<Record<string, unknown>>] {
  if (!isPlainObject(values)) return [{}, values];
  const { phases = {}, ...data } = values;
  return [phases, data];
}

/**
 * An environment that `--env NAME` selects: data that changes a run, for one group under `groups`, and phases. Its
 * phases come before those of each group, and those under `groups` after the group's own.
 *
 * @throws {PalletError} of kind `infra` for a name that is none, and for every value that is no data, with its path and
 * the caller's line.
 *
 * @example
 * ```ts
 * import { directory, environmentSpec } from "pallet";
 *
 * export const prod = environmentSpec("prod", {
 *   tier: "large",
 *   phases: { configure: () => directory("/srv/audit") },
 *   groups: { web: { count: 5 } },
 * });
 * ```
 */
export function environmentSpec(name: string, values: EnvironmentValues): EnvironmentSpec {
  const origin = callerOrigin();
  const subject = { what: `environment ${JSON.stringify(name)}`, kind: "infra", origin } as const;
  if (typeof name !== "string" || !/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw new PalletError(
      `Invalid ${subject.what}: its name must be letters, digits, dots, dashes and underscores`,
      { kind: "infra", origin },
    );
  }
  const copy = frozenCopy(values);
  refuseHostileKeys(copy, subject);
  const [phases, data] = withoutPhases(copy);
  validate(phasesOnly, { phases }, subject);
  const groups = isPlainObject(data["groups"]) ? data["groups"] : {};
  const parts = Object.entries(groups).map(([group, own]) =>
    [group, withoutPhases(own as EnvironmentValues)] as const
  );
  for (const [group, [own]] of parts) {
    validate(phasesOnly, { phases: own }, { ...subject, what: `${subject.what}, groups.${group}` });
  }
  const plain = {
    ...data,
    ...(parts.length === 0
      ? {}
      : { groups: Object.fromEntries(parts.map(([group, [, own]]) => [group, own])) }),
  };
  const problems = environmentProblems(plain).map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`
  );
  if (problems.length > 0) {
    throw new PalletError(`Invalid ${subject.what}: ${problems.join("; ")}`, { kind: "infra", origin });
  }
  const spec: EnvironmentSpec = {
    name,
    values: plain as Environment,
    phases,
    groupPhases: Object.fromEntries(parts.map(([group, [own]]) => [group, own])),
  };
  return remember(frozenCopy(spec), "environment", origin);
}

/** An environment of an infra file, with its phases in their parts. */
export interface ExportedEnvironment {
  readonly name: string;
  readonly values: Environment;
  readonly origin: Origin;
  /** What it puts before a group's own parts of a phase, and after them. */
  parts(
    group: string,
    phase: string,
  ): { readonly before: readonly PhasePart[]; readonly after: readonly PhasePart[] };
  /** Names of the phases that it has for a group. */
  phasesOf(group: string): readonly string[];
}

function partsOf(phases: Phases | undefined, phase: string, origin: Origin): readonly PhasePart[] {
  return Object.entries(phases ?? {}).filter(([name]) => canonicalPhase(name) === phase)
    .map(([, run]) => ({ run, origin }));
}

/** An environment that an infra file made. */
export function exportedEnvironment(spec: EnvironmentSpec): ExportedEnvironment {
  const origin = madeOf(spec)?.origin ?? { file: "unknown", line: 1, column: 1 };
  const ofGroup = (group: string) =>
    Object.hasOwn(spec.groupPhases, group) ? spec.groupPhases[group] : undefined;
  return {
    name: spec.name,
    values: spec.values,
    origin,
    parts: (group, phase) => ({
      before: partsOf(spec.phases, phase, origin),
      after: partsOf(ofGroup(group), phase, origin),
    }),
    phasesOf: (group) => [
      ...new Set([...Object.keys(spec.phases), ...Object.keys(ofGroup(group) ?? {})].map(canonicalPhase)),
    ],
  };
}
