import { PalletError } from "../errors.ts";
import { settleAll, Slots } from "./concurrency.ts";

/** One target's part of a phase, and what it waits for. */
export interface Job {
  readonly name: string;
  /** Jobs that must have succeeded: of groups that its own comes after. */
  readonly needs: readonly string[];
  /** Jobs that must be over, however they ended: of the batch before. */
  readonly follows: readonly string[];
}

/** How jobs run. */
export interface Schedule {
  /** How many at once. */
  readonly limit: number;
  /** Why nothing new may start, if so. */
  readonly gate: () => string | undefined;
  /** Whether a name that is no job failed before. */
  readonly lost: (name: string) => boolean;
  /** Runs a job; whether it succeeded. */
  readonly run: (name: string) => Promise<boolean>;
  /** What lies between a job and those that it follows: a pause. */
  readonly between?: () => Promise<void>;
  /** Told of a job that is left out, and why. */
  readonly skip: (name: string, reason: string) => void;
}

/** Jobs so that each comes after those it waits for. @throws {PalletError} when there is a circle. */
function inOrder(jobs: readonly Job[]): readonly Job[] {
  const known = new Set(jobs.map((job) => job.name));
  const placed = new Set<string>();
  let left = jobs;
  const ordered: Job[] = [];
  while (left.length > 0) {
    const ready = left.filter((job) =>
      [...job.needs, ...job.follows].every((name) => placed.has(name) || !known.has(name))
    );
    if (ready.length === 0) {
      throw new PalletError(`Targets wait for each other: ${left.map((job) => job.name).join(", ")}`, {
        kind: "infra",
        help: 'Break the circle of "after" between their groups, or let batches follow its order.',
      });
    }
    for (const job of ready) placed.add(job.name);
    ordered.push(...ready);
    const taken = new Set(ready);
    left = left.filter((job) => !taken.has(job));
  }
  return ordered;
}

/**
 * Runs jobs, each as soon as those it waits for are over and there is room. A job whose need failed, or was left out
 * for such a reason, is left out too.
 *
 * @throws {PalletError} when jobs wait for each other; whatever a job throws, after all others are over.
 */
export async function schedule(jobs: readonly Job[], how: Schedule): Promise<void> {
  const slots = new Slots(how.limit);
  const over = new Map<string, Promise<boolean>>();
  const quietly = (name: string): Promise<boolean> =>
    over.get(name)?.catch(() => false) ?? Promise.resolve(!how.lost(name));
  const runOne = async (job: Job): Promise<boolean> => {
    for (const name of job.needs) {
      if (!await quietly(name)) {
        how.skip(job.name, `it comes after ${name}, which did not succeed`);
        return false;
      }
    }
    for (const name of job.follows) await quietly(name);
    if (job.follows.length > 0) await how.between?.();
    return await slots.use(async () => {
      const reason = how.gate();
      if (reason === undefined) return await how.run(job.name);
      how.skip(job.name, reason);
      return false;
    });
  };
  for (const job of inOrder(jobs)) over.set(job.name, runOne(job));
  await settleAll([...over.values()]);
}
