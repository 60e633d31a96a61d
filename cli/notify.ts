import { messageOf, PalletError } from "../engine/errors.ts";
import type { Event } from "../engine/events.ts";
import { runEnd } from "../engine/notify/notifier.ts";
import type { Plugins } from "../plugins/mod.ts";
import { escapeLine } from "./text.ts";

/** Follows a run to its end, to tell it to notifiers. */
export interface EndWatch {
  event(event: Event): void;
  /**
   * Tells all notifiers, at the same time. One that fails is said with `warn`; the run stays what it was.
   */
  notify(notifiers: Plugins["notifiers"], warn: (text: string) => void): Promise<void>;
}

async function tell(notifier: Plugins["notifiers"][number], end: ReturnType<typeof runEnd>): Promise<void> {
  const open = await notifier.open();
  try {
    await open.notify(end);
  } finally {
    await open.close();
  }
}

/** Begins to follow a run. */
export function watchEnd(): EndWatch {
  let started: Extract<Event, { type: "run-started" }> | undefined;
  let finished: Extract<Event, { type: "run-finished" }> | undefined;
  return {
    event: (event) => {
      if (event.type === "run-started") started = event;
      if (event.type === "run-finished") finished = event;
    },
    notify: async (notifiers, warn) => {
      if (started === undefined || finished === undefined) return;
      const end = runEnd(started, finished);
      await Promise.all(notifiers.map(async (notifier) => {
        try {
          await tell(notifier, end);
        } catch (error) {
          const help = error instanceof PalletError && error.help !== undefined ? ` ${error.help}` : "";
          warn(
            escapeLine(
              `warn: Notifier "${notifier.name}" was not told of the end: ${messageOf(error)}.${help}`,
            ),
          );
        }
      }));
    },
  };
}
