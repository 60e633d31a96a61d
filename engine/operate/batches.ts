import type { Target } from "../spec/node.ts";
import { type Partition, partition } from "./hooks.ts";
import { amountOf, chunks } from "./jobs.ts";
import type { PhaseSettings } from "./phase_settings.ts";
import type { Session } from "./session.ts";

/** In which order targets of a phase go. */
export interface Batches extends Partition {
  /** Names of those that go before all others. */
  readonly canaries: ReadonlySet<string>;
}

/** What hooks, batches and canaries make of a phase's targets. */
export async function batchesOf(
  session: Session,
  phase: string,
  targets: readonly Target[],
  { batch, canary }: PhaseSettings,
): Promise<Batches> {
  const { rounds, omitted } = await partition(session, phase, targets);
  const names = targets.map((target) => target.name).filter((name) => !omitted.has(name));
  const first = canary === undefined ? [] : names.slice(0, amountOf(canary, names.length, 1));
  if (batch === undefined && first.length === 0) return { rounds, omitted, canaries: new Set() };
  const others = names.slice(first.length);
  const rest = batch === undefined ? [others] : chunks(others, amountOf(batch, names.length, 1));
  const batches = [first, ...rest].filter((names) => names.length > 0);
  return { rounds: [...rounds, batches], omitted, canaries: new Set(first) };
}
