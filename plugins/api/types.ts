// What a plugin exports, by its kind. A provider is the same as one that is built in.
import type { Event } from "../../engine/events.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { RunEnd } from "../../engine/notify/notifier.ts";

/** What shows a reporter's output. */
export interface Screen {
  /** Whether a terminal shows it; then colours (`ESC [ ... m`) pass, and nothing else that moves or commands it. */
  readonly terminal: boolean;
  readonly color: boolean;
  readonly columns: number;
  readonly detail: "quiet" | "normal" | "verbose";
  /** Writes text: on standard output, or on standard error where `--json` takes that. */
  write(text: string): void;
}

/** What a reporter's module exports as `reporter`. */
export interface ReporterKind {
  readonly summary: string;
  open(options: JsonObject, screen: Screen): OpenReporter | Promise<OpenReporter>;
}

/** A reporter of one run. */
export interface OpenReporter {
  /** Called with each event, in order, one after the other. */
  event(event: Event): void | Promise<void>;
  /** Called when no more events come. */
  close?(): void | Promise<void>;
}

/** What a notifier's module exports as `notifier`. */
export interface NotifierKind {
  readonly summary: string;
  open(options: JsonObject): OpenNotifier | Promise<OpenNotifier>;
}

/** A notifier with its options. */
export interface OpenNotifier {
  notify(end: RunEnd, signal: AbortSignal): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** What a secret source's module exports as `secretSource`. */
export interface SecretSourceKind {
  readonly summary: string;
  open(options: JsonObject): OpenSecretSource | Promise<OpenSecretSource>;
}

/** A secret source with its options. */
export interface OpenSecretSource {
  /** The value of a secret; nothing when there is none of this name. */
  read(name: string, signal: AbortSignal): string | undefined | Promise<string | undefined>;
  close?(): void | Promise<void>;
}
