// Whom the events of a run reach: the command, a reporter, notifiers, a collector of traces.
import type { Event } from "../engine/events.ts";
import type { Plugins } from "../plugins/mod.ts";
import { watchEnd } from "./notify.ts";
import type { Reporter } from "./reporters/reporter.ts";
import { wantsTelemetry } from "./telemetry/wanted.ts";
import { OutputClosed, type Terminal } from "./terminal.ts";
import { escapeLine } from "./text.ts";

/** Those who hear of a run. */
export interface Audience {
  event(event: Event): void;
  /** Whether the run has told its end. */
  readonly finished: boolean;
  /** Whether nobody reads any more what is shown: what runs on the nodes goes on there. */
  readonly gone: boolean;
  /** What is done once nobody reads any more, at once if that is so already. */
  onGone(stop: () => void): void;
  /** Tells the end to those who wait for it alone. */
  notify(): Promise<void>;
}

/**
 * Opens what a run is told to.
 *
 * @param watch sees each event before the reporter does
 */
export async function openAudience(
  reporter: Reporter,
  watch: ((event: Event) => void) | undefined,
  notifiers: Plugins["notifiers"],
  terminal: Terminal,
): Promise<Audience> {
  const warn = (text: string) => terminal.err.write(`${text}\n`);
  const end = watchEnd();
  const telemetry = wantsTelemetry(terminal.env)
    ? (await import("./telemetry/mod.ts")).openTelemetry(
      terminal.env,
      (text) => warn(`warn: ${escapeLine(text)}`),
    )
    : undefined;
  let finished = false;
  let gone = false;
  let stop = () => {};
  return {
    get finished() {
      return finished;
    },
    get gone() {
      return gone;
    },
    event: (event) => {
      finished ||= event.type === "run-finished";
      end.event(event);
      telemetry?.event(event);
      if (gone) return;
      try {
        watch?.(event);
        reporter.event(event);
      } catch (thrown) {
        if (!(thrown instanceof OutputClosed)) throw thrown;
        gone = true;
        stop();
      }
    },
    onGone: (then) => {
      stop = then;
      if (gone) stop();
    },
    notify: async () => {
      await Promise.all([end.notify(notifiers, warn), telemetry?.finish()]);
    },
  };
}
