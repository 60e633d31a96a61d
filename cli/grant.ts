import type { Origin } from "../engine/errors.ts";
import type { Place } from "./errors.ts";
import { escapeLine } from "./text.ts";

/** Something that is granted, in words, and where. */
export interface Grant {
  readonly what: string;
  readonly origin?: Origin;
}

/** Grants as lines. */
export function grantLines(grants: readonly Grant[], place: Place): readonly string[] {
  return grants.map(({ what, origin }) =>
    `  ${escapeLine(what)}${origin === undefined ? "" : ` (${escapeLine(place(origin))})`}`
  );
}
