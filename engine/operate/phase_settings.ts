import type { Amount, PhaseOptions } from "./options.ts";

/** How phases of an operation run; everything has a value. */
export interface PhaseSettings {
  readonly check: boolean;
  readonly output: boolean;
  readonly limit: number;
  readonly batch?: Amount;
  readonly canary?: Amount;
  /** Seconds. */
  readonly pause?: number;
  readonly maxFail?: Amount;
}

/** The settings that options of an operation ask for. */
export function phaseSettings(options: PhaseOptions, check: boolean): PhaseSettings {
  return {
    check,
    output: options.output ?? false,
    limit: options.serial === true ? 1 : options.parallel ?? Infinity,
    ...(options.batch === undefined ? {} : { batch: options.batch }),
    ...(options.canary === undefined ? {} : { canary: options.canary }),
    ...(options.pause === undefined ? {} : { pause: options.pause }),
    ...(options.maxFail === undefined ? {} : { maxFail: options.maxFail }),
  };
}
