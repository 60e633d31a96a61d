import type { ActionCounts, Failure, PhaseResult, TargetSummary } from "../events.ts";
import type { SettingEntry, SettingsRead } from "../plan/types.ts";
import type { Facts, Node, Target } from "../spec/node.ts";
import type { Connection } from "../transport/connection.ts";
import type { PhaseReport, TargetReport } from "./results.ts";

/** Why a target takes part no longer. */
export interface Loss {
  readonly result: PhaseResult;
  readonly failure: Failure;
}

export const noCounts: ActionCounts = {
  ok: 0,
  changed: 0,
  failed: 0,
  skipped: 0,
  wouldChange: 0,
  cannotKnow: 0,
};

/** Results from good to bad; a target's result in a run is the worst of its phases. */
const WORSE: readonly PhaseResult[] = ["ok", "skipped", "unreachable", "unknown", "interrupted", "failed"];

function worst(results: readonly PhaseResult[]): PhaseResult {
  return results.reduce((a, b) => WORSE.indexOf(b) > WORSE.indexOf(a) ? b : a, "ok" as PhaseResult);
}

function sum(counts: readonly ActionCounts[]): ActionCounts {
  return counts.reduce((a, b) => ({
    ok: a.ok + b.ok,
    changed: a.changed + b.changed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    wouldChange: a.wouldChange + b.wouldChange,
    cannotKnow: a.cannotKnow + b.cannotKnow,
  }), noCounts);
}

/** The targets of one run and what is known of them so far: the only state of a run that changes. */
export class Roster {
  readonly #targets = new Map<string, Target>();
  readonly #lost = new Map<string, Loss>();
  readonly #captured = new Map<string, Map<string, string>>();
  readonly connections = new Map<string, Connection>();
  readonly reports: PhaseReport[] = [];
  settings: readonly SettingEntry[] = [];
  readonly #reads = new Map<string, SettingsRead>();
  /** Names of all nodes of the service, also those of no group. */
  names: readonly string[] = [];

  /** Nodes of groups that the infra file does not have; those of selected groups are targets too. */
  leftovers: readonly Target[] = [];

  /** Names of targets whose nodes were made just now: who logs in to them first may not be there yet. */
  readonly fresh = new Set<string>();

  /** Names of targets on which other runners do what this one does on its own. */
  elsewhere: readonly string[] = [];

  /** Takes which plans read settings of which other targets. */
  remember(reads: readonly SettingsRead[]): void {
    for (const read of reads) this.#reads.set(JSON.stringify([read.reader, read.of, read.facility]), read);
  }

  /** Which plans read settings of which other targets, each once. */
  get reads(): readonly SettingsRead[] {
    return [...this.#reads.values()];
  }

  targets(): readonly Target[] {
    return [...this.#targets.values()];
  }

  get(name: string): Target | undefined {
    return this.#targets.get(name);
  }

  put(target: Target): void {
    this.#targets.set(target.name, target);
  }

  remove(name: string): void {
    this.#targets.delete(name);
  }

  /** Takes what a node said of itself; tags that it keeps itself count as its own. */
  learn(name: string, facts: Facts): void {
    const target = this.#targets.get(name);
    if (target === undefined) return;
    const node = target.node;
    this.put({
      ...target,
      facts,
      ...(node === undefined ? {} : { node: { ...node, tags: { ...node.tags, ...facts.tags } } }),
    });
  }

  /** Takes what a provider says of a node, new or again. */
  adopt(name: string, node: Node): void {
    const target = this.#targets.get(name);
    if (target === undefined) return;
    this.put({ ...target, planned: false, node: { ...node, tags: { ...node.tags, ...target.facts?.tags } } });
  }

  lose(name: string, loss: Loss): void {
    if (!this.#lost.has(name)) this.#lost.set(name, loss);
  }

  lossOf(name: string): Loss | undefined {
    return this.#lost.get(name);
  }

  losses(): ReadonlyMap<string, Loss> {
    return this.#lost;
  }

  capture(target: string, name: string, value: string): void {
    const own = this.#captured.get(target) ?? new Map<string, string>();
    this.#captured.set(target, own.set(name, value));
  }

  captured(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return Object.fromEntries(
      [...this.#captured].map(([target, values]) => [target, Object.fromEntries(values)]),
    );
  }

  /** What each target did in the run, those that took part alone. */
  summaries(): readonly TargetSummary[] {
    const reports = new Map<string, TargetReport[]>();
    for (const phase of this.reports) {
      for (const report of phase.targets) {
        reports.set(report.target, [...reports.get(report.target) ?? [], report]);
      }
    }
    const names = [...this.#targets.keys(), ...reports.keys(), ...this.#lost.keys()];
    return [...new Set(names)].flatMap((name) => {
      const own = reports.get(name) ?? [];
      const loss = this.#lost.get(name);
      const connected = this.connections.has(name);
      if (own.length === 0 && loss === undefined && !connected) return [];
      const result = worst([
        ...own.map((report) => report.result),
        ...(loss === undefined ? [] : [loss.result]),
      ]);
      const failure = loss?.failure ?? own.find((report) => report.failure !== undefined)?.failure;
      return [{
        target: name,
        group: this.#targets.get(name)?.groups[0] ?? "",
        result,
        counts: sum(own.map((report) => report.counts)),
        ...(failure === undefined ? {} : { failure }),
      }];
    });
  }
}
