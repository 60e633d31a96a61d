/** What evaluation may take. Times are seconds, sizes MiB. */
export interface Limits {
  /** To evaluate the infra file and all that it imports. */
  readonly load: number;
  /** To make plans, besides `planPerTarget`. */
  readonly plan: number;
  /** To make plans, for each target and phase. */
  readonly planPerTarget: number;
  /** To answer a hook, or make the script of a crate's own action. */
  readonly call: number;
  /** Heap of the evaluated code. The process itself, with all else it holds, may take twice that and 256 MiB. */
  readonly memory: number;
  /** The longest reply. */
  readonly reply: number;
}

/** What is allowed unless told. */
export const DEFAULT_LIMITS: Limits = {
  load: 10,
  plan: 30,
  planPerTarget: 0.1,
  call: 10,
  memory: 512,
  reply: 256,
};

/** Limits with one time for all that is evaluated at once: a file, plans besides their number, a hook. */
export function timeLimits(seconds: number): Partial<Limits> {
  return { load: seconds, plan: seconds, call: seconds };
}

export const MIB = 1024 * 1024;
