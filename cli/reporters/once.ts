// A run that was gone on with, told as one: what an earlier attempt told and a later one tells again counts once.
import type { Event } from "../../engine/events.ts";

/** Events of each attempt: every one begins with the start of the run. */
function attemptsOf(events: readonly Event[]): readonly (readonly Event[])[] {
  const starts = events.flatMap((event, at) => event.type === "run-started" ? [at] : []);
  if (starts.length < 2) return [events];
  return starts.map((start, at) => events.slice(at === 0 ? 0 : start, starts[at + 1]));
}

/** Events with what each is about: the same one of another attempt has the same words. */
function named(attempt: readonly Event[]): readonly (readonly [string, Event])[] {
  const counts = new Map<string, number>();
  return attempt.map((event) => {
    const { type, phase, target, id, text } = event as
      & Event
      & Record<"phase" | "target" | "id" | "text", unknown>;
    const name = JSON.stringify([type, phase, target, id, text]);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return [`${count} ${name}`, event];
  });
}

/** What begins began with the first attempt that tells of it; of what ends the last one knows most. */
const BEGINNINGS: ReadonlySet<Event["type"]> = new Set([
  "run-started",
  "counts-planned",
  "node-connected",
  "phase-started",
  "target-started",
]);

/** A run's events without those that were told again when it was gone on with; where that was, a message says so. */
export function toldOnce(events: readonly Event[]): readonly Event[] {
  const attempts = attemptsOf(events).map(named);
  return attempts.flatMap((attempt, at) => {
    const names = (others: typeof attempts) =>
      new Set(others.flatMap((other) => other.map(([name]) => name)));
    const [earlier, later] = [names(attempts.slice(0, at)), names(attempts.slice(at + 1))];
    const own = attempt.flatMap(([name, event]) =>
      (BEGINNINGS.has(event.type) ? earlier : later).has(name) && event.type !== "output" ? [] : [event]
    );
    const [, first] = attempt[0] ?? [];
    if (at === 0 || first === undefined) return own;
    const text = `The run was gone on with at ${first.at}`;
    return [{ type: "message", level: "info", text, at: first.at, run: first.run } as const, ...own];
  });
}
