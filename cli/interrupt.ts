import type { Operation } from "../engine/run.ts";

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof STATUS;

/** Milliseconds in which an operation that was told to leave at once may still close its connections. */
export const GRACE = 3000;

/** How interrupts come, are told, and end the process. */
export interface InterruptHooks {
  readonly onSignal: (signal: Signal, callback: () => void) => () => void;
  readonly note: (text: string) => void;
  /** Called once, with the first interrupt. */
  readonly onFirst: () => void;
  readonly exit: (status: number) => void;
}

/**
 * Hands interrupts to an operation: the first lets what runs end, the second leaves at once, the third ends this
 * process whatever happens. A hangup is never more than the first. Returns how to stop that.
 */
export function watchInterrupts(operation: Operation<unknown>, hooks: InterruptHooks): () => void {
  let times = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const interrupted = (signal: Signal) => {
    // A terminal that closes sends it more than once.
    if (signal === "SIGHUP" && times > 0) return;
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
  const stops = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) =>
    hooks.onSignal(signal, () => interrupted(signal))
  );
  return () => {
    clearTimeout(timer);
    stops.forEach((stop) => stop());
  };
}
