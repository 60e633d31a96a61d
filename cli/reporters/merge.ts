// Several runs as one: shards of one operation, told as if one runner had done all of it.
import type { Event, TargetSummary } from "../../engine/events.ts";
import { usageError } from "../parse.ts";
import type { EventOf } from "./words.ts";

/** Exit statuses from the one that says most: something failed, nothing is known, interrupted, refused, pending. */
const WEIGHTS = [1, 4, 130, 143, 129, 2, 3, 0];

function weightiest(codes: readonly number[]): number {
  return WEIGHTS.find((code) => codes.includes(code)) ?? codes.find((code) => code !== 0) ?? 0;
}

const none = { ok: 0, changed: 0, failed: 0, skipped: 0, wouldChange: 0, cannotKnow: 0 };

/** What is known of a run's targets: what its end says, or, where it has none, what came before. */
function targetsOf(events: readonly Event[]): readonly TargetSummary[] {
  const finished = events.findLast((event) => event.type === "run-finished");
  if (finished !== undefined) return finished.targets;
  const targets = new Map<string, TargetSummary>();
  for (const event of events) {
    if (event.type === "target-started") {
      const { target } = event;
      targets.set(target, { target, group: "", result: "unknown", counts: none });
    } else if (event.type === "target-finished") {
      const { target, result, counts, failure } = event;
      targets.set(target, {
        target,
        group: "",
        result,
        counts,
        ...(failure === undefined ? {} : { failure }),
      });
    }
  }
  return [...targets.values()];
}

/** A run without an end was killed, or runs yet: what it did is not known. */
function endOf(events: readonly Event[]): Pick<EventOf<"run-finished">, "exitCode" | "failure"> {
  return events.findLast((event) => event.type === "run-finished") ?? {
    exitCode: 4,
    failure: {
      kind: "unreachable",
      message: `Run ${events[0]?.run ?? ""} has not ended, or was killed`,
    },
  };
}

function related(runs: readonly (readonly Event[])[]): Pick<EventOf<"groups-related">, "groups" | "reads"> {
  const all = runs.flat().filter((event) => event.type === "groups-related");
  const reads = new Map(all.flatMap((event) => event.reads).map((read) => [JSON.stringify(read), read]));
  const groups = new Map(all.flatMap((event) => event.groups).map((group) => [group.name, group]));
  return { groups: [...groups.values()], reads: [...reads.values()] };
}

/**
 * The events of several runs as those of one, in the order of their times: one beginning, one end with all targets and
 * the weightiest exit status. What a later run says of a target counts.
 *
 * @throws {PalletError} of kind `usage` when they are not runs of one operation.
 */
export function mergeRuns(runs: readonly (readonly Event[])[]): readonly Event[] {
  const starts = runs.map((events) => events.find((event) => event.type === "run-started"));
  const begun = starts.filter((start) => start !== undefined).toSorted((a, b) => a.at < b.at ? -1 : 1);
  const [first] = begun;
  if (first === undefined || begun.length < runs.length) {
    throw usageError("One of these runs has no beginning, and cannot be told together with others.");
  }
  if (runs.length === 1) return runs[0] ?? [];
  const other = begun.find((start) => start.operation !== first.operation || start.service !== first.service);
  if (other !== undefined) {
    throw usageError(
      `Run ${first.run} is a ${first.operation} of service "${first.service}", and run ${other.run} a ` +
        `${other.operation} of service "${other.service}": they cannot be told as one.`,
    );
  }
  const run = [...new Set(begun.map((start) => start.run))].join("+");
  const events = runs.flat().filter((event) =>
    !["run-started", "run-finished", "groups-related"].includes(event.type)
  ).toSorted((a, b) => a.at === b.at ? 0 : a.at < b.at ? -1 : 1);
  const at = runs.map((one) => one.at(-1)?.at ?? first.at).toSorted().at(-1) ?? first.at;
  const ends = runs.map(endOf);
  const exitCode = weightiest(ends.map((end) => end.exitCode));
  const failure = ends.find((end) => end.exitCode === exitCode && end.failure !== undefined)?.failure;
  const targets = new Map(runs.flatMap(targetsOf).map((target) => [target.target, target]));
  const { shard: _, ...started } = first;
  return [
    { ...started, run, phases: [...new Set(begun.flatMap((start) => start.phases))] },
    ...events,
    { type: "groups-related", at, run, ...related(runs) },
    {
      type: "run-finished",
      at,
      run,
      result: exitCode === 0 || exitCode === 3 ? "ok" : "failed",
      exitCode,
      targets: [...targets.values()],
      ...(failure === undefined ? {} : { failure }),
      duration: Date.parse(at) - Date.parse(first.at),
    },
  ];
}
