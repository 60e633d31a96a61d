import type { Event } from "../../engine/events.ts";

/** How much is shown; `messages`: as when quiet, and what infra code and the engine have to say. */
export type Detail = "quiet" | "messages" | "normal" | "verbose";

/** Whether only what went wrong, and messages, are told of what a run does. */
export function isTerse(detail: Detail): boolean {
  return detail === "quiet" || detail === "messages";
}

/** Shows the events of a run as they come. */
export interface Reporter {
  event(event: Event): void;
  /** Says something of our own, such as what an interrupt did. */
  note(text: string): void;
  /** Leaves the terminal to a question; `resume` takes it back. */
  pause(): void;
  resume(): void;
  /** Resolves when all is shown, for one that shows it in a process of its own. */
  finish?(): Promise<void>;
  /** Leaves the terminal as it was found; a second call does nothing. */
  close(): void;
}
