import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import { messageOf } from "../../engine/errors.ts";
import type { Event } from "../../engine/events.ts";
import type { Screen } from "../api/types.ts";
import { type OpenPlugin, type PluginContext, startPlugin } from "./plugin.ts";
import { nothing } from "./schemas.ts";

/** Seconds that a reporter may take for an event. */
const EVENT = 30;

/** A reporter's process, as a reporter of the command line uses it. */
export interface ReporterPlugin {
  /** Hands on an event; in order, without waiting. */
  event(event: Event): void;
  /** Resolves when all that was handed on is shown and the reporter has ended. */
  finish(): Promise<void>;
}

/** What a {@linkcode ReporterPlugin} is opened with. */
export interface ReporterPluginOptions {
  readonly screen: Omit<Screen, "write">;
  /** Called with what it writes. */
  readonly write: (text: string) => void;
  /** Called once when it fails; nothing is handed on after that. */
  readonly failed: (reason: string) => void;
}

class Running implements ReporterPlugin {
  #shown: Promise<void> = Promise.resolve();
  #broken = false;

  constructor(readonly open: OpenPlugin, readonly failed: (reason: string) => void) {}

  event(event: Event): void {
    this.#shown = this.#shown.then(async () => {
      if (this.#broken) return;
      try {
        await this.open.call(nothing, "event", [event], { seconds: EVENT });
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  async finish(): Promise<void> {
    await this.#shown;
    try {
      await this.open.close();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.failed(messageOf(error));
  }
}

/** Starts a reporter. */
export async function openReporterPlugin(
  plugin: ConfiguredPlugin,
  context: PluginContext,
  { screen, write, failed }: ReporterPluginOptions,
): Promise<ReporterPlugin> {
  const open = await startPlugin(plugin, context, [plugin.options ?? {}, screen], { write });
  return new Running(open, failed);
}
