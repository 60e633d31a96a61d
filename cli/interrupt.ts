import type { Operation } from "../engine/run.ts";

const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof STATUS;

/** Milliseconds after the second interrupt in which an operation may still tell what is unknown. */
const GRACE = 3000;

/** How interrupts are told and what ends the process. */
export interface InterruptHooks {
  readonly note: (text: string) => void;
  /** Called once, with the first interrupt. */
  readonly onFirst: () => void;
  readonly exit: (status: number) => void;
}

/**
 * Hands interrupts to an operation: the first lets what runs end, the second leaves at once, the third ends this
 * process whatever happens. Returns how to stop that.
 */
export function watchInterrupts(operation: Operation<unknown>, hooks: InterruptHooks): () => void {
  let times = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const interrupted = (signal: Signal) => {
    times += 1;
    if (times === 1) {
      hooks.note("Stopping: nothing new is started, what runs ends. Interrupt again to leave at once.");
      operation.abort(signal);
      hooks.onFirst();
    } else if (times === 2) {
      hooks.note("Leaving at once: results of what still runs on the nodes are unknown.");
      operation.abort(signal);
      timer = setTimeout(() => hooks.exit(STATUS[signal]), GRACE);
    } else {
      hooks.exit(STATUS[signal]);
    }
  };
  const onInt = () => interrupted("SIGINT");
  const onTerm = () => interrupted("SIGTERM");
  Deno.addSignalListener("SIGINT", onInt);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onTerm);
  return () => {
    clearTimeout(timer);
    Deno.removeSignalListener("SIGINT", onInt);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", onTerm);
  };
}
