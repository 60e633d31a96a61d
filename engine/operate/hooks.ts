import { PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { v, validate } from "../schema.ts";
import type { Target } from "../spec/node.ts";
import type { GroupSummary, HookResult } from "../spec/types.ts";
import type { TargetReport } from "./results.ts";
import type { Session } from "./session.ts";

const batchesSchema = v.array(v.array(v.string()));

/** A target as hooks see it. */
function hookTarget(target: Target): JsonObject {
  const ip = target.node?.primaryIp;
  return {
    name: target.name,
    groups: target.groups,
    ...(ip === undefined ? {} : { primaryIp: ip }),
    tags: target.node?.tags ?? {},
  };
}

/** The groups' hooks of one kind for a phase: hook id -> the groups that have it. */
function hooksOf(
  groups: readonly GroupSummary[],
  phase: string,
  kind: "partition" | "postPhase",
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const group of groups) {
    const hook = group.hooks[phase]?.[kind];
    if (hook !== undefined) found.set(hook, [...found.get(hook) ?? [], group.name]);
  }
  return found;
}

/** What partition hooks make of a phase's targets. */
export interface Partition {
  /** For each hook, batches of names that run one after the other. */
  readonly rounds: readonly (readonly (readonly string[])[])[];
  /** Names that a hook left out. */
  readonly omitted: ReadonlySet<string>;
}

/**
 * Asks the partition hooks of a phase for batches of their own groups' targets.
 *
 * @throws {PalletError} when one answers with something else, or a name that it was not given, or one twice.
 */
export async function partition(
  session: Session,
  phase: string,
  targets: readonly Target[],
): Promise<Partition> {
  const rounds: (readonly (readonly string[])[])[] = [];
  const omitted = new Set<string>();
  for (const [hook, names] of hooksOf(session.setup.groups, phase, "partition")) {
    const own = targets.filter((target) => target.groups.some((group) => names.includes(group)));
    if (own.length === 0) continue;
    const what = `batches that the partition of phase "${phase}" of group "${names[0]}" answers`;
    const answer = await session.tools.sandbox.call(hook, own.map(hookTarget), session.hard);
    const batches = validate(batchesSchema, answer, { what, kind: "infra" });
    const left = new Set(own.map((target) => target.name));
    for (const name of batches.flat()) {
      if (!left.delete(name)) {
        const why = own.some((target) => target.name === name)
          ? "is in them twice"
          : "is no target of the phase";
        throw new PalletError(`Invalid ${what}: "${name}" ${why}`, { kind: "infra" });
      }
    }
    for (const name of left) omitted.add(name);
    rounds.push(batches);
  }
  return { rounds, omitted };
}

const HOOK_RESULTS: Readonly<Record<TargetReport["result"], HookResult["result"]>> = {
  ok: "ok",
  failed: "failed",
  interrupted: "failed",
  skipped: "skipped",
  unreachable: "unknown",
  unknown: "unknown",
};

/** Calls the hooks of the groups after a phase, failures or not; each gets the results of its own groups' targets. */
export async function postPhase(
  session: Session,
  phase: string,
  reports: readonly TargetReport[],
): Promise<void> {
  for (const [hook, names] of hooksOf(session.setup.groups, phase, "postPhase")) {
    const own = reports.filter((report) =>
      session.roster.get(report.target)?.groups.some((group) => names.includes(group))
    );
    if (own.length === 0) continue;
    const results = own.map((report): JsonObject => ({
      target: report.target,
      result: HOOK_RESULTS[report.result],
      changed: report.counts.changed,
      ...(report.failure === undefined ? {} : { error: report.failure.message }),
    }));
    await session.tools.sandbox.call(hook, { results, phase }, session.hard);
  }
}
