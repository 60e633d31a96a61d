import { redact } from "../engine/config/redact.ts";
import type { Json } from "../engine/json.ts";
import type { Explanation } from "../engine/run.ts";
import type { Place } from "./errors.ts";
import { titleColumns } from "./reporters/words.ts";
import type { Paint } from "./terminal.ts";
import { count, escapeLine, escapeText, pad } from "./text.ts";

type EnvironmentValue = Explanation["environment"][number];
type Source = Pick<EnvironmentValue, "from" | "origin">;

/** A value of an environment, who says it and what it hides. */
function environmentLine(
  { key, value, shadows, ...source }: EnvironmentValue,
  paint: Paint,
  place: Place,
): string {
  const keys = key.split(".");
  const said = ({ from, origin }: Source) => {
    const at = origin === undefined ? undefined : place(origin);
    // A layer that is a whole file is called by the file's name.
    return at === undefined ? from : at.includes(from) ? at : `${from}, ${at}`;
  };
  const text = (one: Json) => JSON.stringify(redact(keys, one));
  const hidden = shadows.map((one) => `${text(one.value)} (${said(one)})`);
  const notes = [`from ${said(source)}`, ...(hidden.length > 0 ? [`hides ${hidden.join(", ")}`] : [])];
  return `    ${escapeLine(`${key}: ${text(value)}`)}  ${paint.dim(escapeLine(notes.join("; ")))}`;
}

/** Explanations without what must not be shown. */
export function redacted(explanations: readonly Explanation[]): readonly Explanation[] {
  return explanations.map((one) => ({
    ...one,
    environment: one.environment.map(({ key, value, shadows, ...rest }) => {
      const keys = key.split(".");
      return {
        key,
        ...rest,
        value: redact(keys, value),
        shadows: shadows.map((shadow) => ({ ...shadow, value: redact(keys, shadow.value) })),
      };
    }),
  }));
}

function explained(explanation: Explanation, paint: Paint, place: Place): readonly string[] {
  const { group, phase, target, os, parts, actions, settings, environment } = explanation;
  const titles = actions.map((action) => escapeLine(action.title));
  const columns = titleColumns(titles);
  return [
    `${paint.bold(`${escapeLine(group)}: phase ${escapeLine(phase)}`)} ${
      paint.dim(`(as ${escapeLine(target)} on ${escapeLine(os)})`)
    }`,
    ...parts.map((part, at) => paint.dim(`  part ${at + 1} at ${escapeLine(place(part))}`)),
    ...(environment.length > 0 ? ["  environment"] : []),
    ...environment.map((value) => environmentLine(value, paint, place)),
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
