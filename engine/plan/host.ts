// What an evaluation takes from outside.
import type { Origin } from "../errors.ts";

/** A part of a phase that is about to run for a target. */
export interface Evaluating {
  readonly phase: string;
  readonly target: string;
  readonly group: string;
  readonly origin?: Origin;
}

/** What an evaluation takes from outside. */
export interface EvaluatorHost {
  /** Text of a file of the project, relative to the infra file's folder. */
  readProjectFile(path: string): Promise<string>;
  /** URL of the infra file's folder, with "/" at its end; origins below it are shown relative to it. */
  readonly baseUrl: string;
  /** Called right before each part of a phase runs. */
  evaluating?(at: Evaluating): void;
  /** Most actions of one phase for one target; 10 000 unless told. */
  readonly maxActions?: number;
}
