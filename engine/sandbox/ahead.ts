import { DEFAULT_LIMITS } from "./limits.ts";
import { ChildHandle } from "./process.ts";
import { spawnChild } from "./spawn.ts";

/** A sandbox's process that waits for its infra file. One that nobody uses ends with the program. */
export type Ahead = ChildHandle;

/** Starts a sandbox's process while the rest of the engine is still being loaded: both take as long. */
export function startAhead(): Ahead {
  return new ChildHandle(spawnChild(DEFAULT_LIMITS), DEFAULT_LIMITS);
}
