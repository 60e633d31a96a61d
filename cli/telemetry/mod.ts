// A run as a trace of OpenTelemetry, sent at its end. Whatever goes wrong with that is said, and changes nothing.
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { Event } from "../../engine/events.ts";
import { version } from "../../engine/version.ts";
import { exportSpans } from "./otlp.ts";
import { telemetrySettings } from "./settings.ts";
import { Trace } from "./spans.ts";
import type { Env } from "./wanted.ts";

/** Follows a run, to send its trace. */
export interface Telemetry {
  event(event: Event): void;
  /** Sends what was seen; a second call does nothing. */
  finish(): Promise<void>;
}

/** Begins to follow a run; nothing when it is not to be traced. */
export function openTelemetry(env: Env, warn: (text: string) => void): Telemetry | undefined {
  try {
    const settings = telemetrySettings(env, {
      "service.name": "pallet",
      "service.version": version,
      "host.name": Deno.hostname(),
    });
    if (settings === undefined) return undefined;
    let trace: Trace | undefined = new Trace(settings.parent);
    return {
      event: (event) => trace?.event(event),
      async finish() {
        const spans = trace?.finish() ?? [];
        trace = undefined;
        if (spans.length === 0) return;
        try {
          await exportSpans(spans, settings, version);
        } catch (thrown) {
          warn(messageOf(thrown));
        }
      },
    };
  } catch (thrown) {
    const help = thrown instanceof PalletError && thrown.help !== undefined ? ` ${thrown.help}` : "";
    warn(`This run is not traced: ${messageOf(thrown)}${help}`);
    return undefined;
  }
}
