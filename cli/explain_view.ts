import type { Explanation } from "../engine/run.ts";
import type { Place } from "./errors.ts";
import type { Paint } from "./terminal.ts";
import { count, escapeLine, escapeText, pad, width } from "./text.ts";

function explained(explanation: Explanation, paint: Paint, place: Place): readonly string[] {
  const { group, phase, target, os, parts, actions, settings } = explanation;
  const titles = actions.map((action) => escapeLine(action.title));
  const columns = Math.min(60, Math.max(0, ...titles.map(width)));
  return [
    `${paint.bold(`${escapeLine(group)}: phase ${escapeLine(phase)}`)} ${
      paint.dim(`(as ${escapeLine(target)} on ${escapeLine(os)})`)
    }`,
    ...parts.map((part, at) => paint.dim(`  part ${at + 1} at ${escapeLine(place(part))}`)),
    `  ${count(actions.length, "action")}`,
    ...actions.flatMap((action, at) => [
      `    ${pad(titles[at] ?? "", columns)}  ${paint.dim(escapeLine(place(action.origin)))}`,
      ...(action.triggers?.length
        ? [paint.dim(`      only when one of these changed: ${escapeLine(action.triggers.join(", "))}`)]
        : []),
    ]),
    ...(settings.length > 0 ? ["  settings"] : []),
    ...settings.map(({ target: whose, facility, instance, value }) =>
      `    ${escapeLine(`${whose} ${facility}${instance === "default" ? "" : `/${instance}`}`)}: ${
        escapeText(JSON.stringify(value))
      }`
    ),
  ];
}

/** Explanations as lines, an empty one between two. */
export function explanationLines(
  explanations: readonly Explanation[],
  paint: Paint,
  place: Place,
): readonly string[] {
  return explanations.flatMap((explanation, at) => [
    ...(at > 0 ? [""] : []),
    ...explained(explanation, paint, place),
  ]);
}
