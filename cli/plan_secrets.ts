// The secrets that plans read: where each is, and which a run would not find.
import type { PlannedSecret } from "../engine/run.ts";
import type { Place } from "./errors.ts";
import type { Paint } from "./terminal.ts";
import { escapeLine, pad } from "./text.ts";

/** What is known of a secret, in words. */
export function standingOf({ state, from = "", problem = "" }: PlannedSecret): string {
  switch (state) {
    case "found":
      return `from ${from}`;
    case "asked":
      return `somebody has to be asked (${from})`;
    case "missing":
      return `missing (${problem})`;
    case "unreadable":
      return `cannot be read from ${from}: ${problem}`;
  }
}

/** A line for each secret; empty when plans read none. */
export function secretLines(
  secrets: readonly PlannedSecret[],
  paint: Paint,
  place: Place,
): readonly string[] {
  const columns = Math.max(0, ...secrets.map(({ name }) => name.length));
  const lines = secrets.map((secret) => {
    const { name, state, origin } = secret;
    const standing = escapeLine(standingOf(secret));
    const lost = state === "missing" || state === "unreadable";
    const where = origin === undefined ? "" : `  ${paint.dim(escapeLine(place(origin)))}`;
    return `  ${pad(name, columns)}  ${lost ? paint.red(standing) : standing}${where}`;
  });
  const missing = secrets.find(({ state }) => state === "missing");
  const advice = missing?.advice === undefined ? "" : `: ${escapeLine(missing.advice)}`;
  const help = missing === undefined ? [] : [`  a run would end before it touches a node${advice}`];
  return lines.length === 0 ? [] : ["", paint.bold("secrets"), ...lines, ...help];
}
