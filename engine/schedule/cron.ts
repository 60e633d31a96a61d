import { PalletError } from "../errors.ts";

/** When something is due, as the five fields of cron tell: all values of each, in order; absent: any. */
export interface CronFields {
  readonly minute: readonly number[] | undefined;
  readonly hour: readonly number[] | undefined;
  readonly day: readonly number[] | undefined;
  /** 1 is January. */
  readonly month: readonly number[] | undefined;
  /** 0 is Sunday. */
  readonly weekday: readonly number[] | undefined;
}

interface FieldKind {
  readonly name: keyof CronFields;
  readonly least: number;
  readonly most: number;
  readonly words: readonly string[];
}

const FIELDS: readonly FieldKind[] = [
  { name: "minute", least: 0, most: 59, words: [] },
  { name: "hour", least: 0, most: 23, words: [] },
  { name: "day", least: 1, most: 31, words: [] },
  {
    name: "month",
    least: 1,
    most: 12,
    words: ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  // Both 0 and 7 are Sunday.
  { name: "weekday", least: 0, most: 7, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const NICKNAMES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

function wrong(text: string, why: string): PalletError {
  return new PalletError(`"${text}" is no time of cron: ${why}`, {
    kind: "usage",
    help: 'Write minute, hour, day, month and weekday: "0 3 * * *" is at 3:00 every day, ' +
      '"*/15 8-18 * * mon-fri" every quarter of an hour in working hours.',
  });
}

function valueOf(word: string, kind: FieldKind, text: string): number {
  const named = kind.words.indexOf(word.toLowerCase());
  const value = named >= 0 && word !== "" ? named : /^\d{1,2}$/.test(word) ? Number(word) : NaN;
  if (value >= kind.least && value <= kind.most) return value;
  throw wrong(text, `${kind.name} must be from ${kind.least} to ${kind.most}, not "${word}"`);
}

/** The values of one part of a field: `*`, `3`, `1-5`, each with `/STEP`. */
function partValues(part: string, kind: FieldKind, text: string): readonly number[] {
  const [range = "", step, ...more] = part.split("/");
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) {
    throw wrong(text, `"${part}" has no step that is a whole number from 1`);
  }
  const [from = "", to, ...rest] = range.split("-");
  if (rest.length > 0) throw wrong(text, `"${range}" is no range`);
  const [first, last] = range === "*"
    ? [kind.least, kind.most]
    : [valueOf(from, kind, text), to === undefined ? undefined : valueOf(to, kind, text)];
  // As in cron: 5/15 is 5-59/15.
  const end = last ?? (step === undefined ? first : kind.most);
  if (end < first) throw wrong(text, `the range "${range}" runs backwards`);
  const count = Math.floor((end - first) / Number(step ?? 1)) + 1;
  return Array.from({ length: count }, (_, at) => first + at * Number(step ?? 1));
}

function fieldValues(field: string, kind: FieldKind, text: string): readonly number[] | undefined {
  if (field === "*") return undefined;
  const values = field.split(",").flatMap((part) => partValues(part, kind, text));
  const own = kind.name === "weekday" ? values.map((value) => value % 7) : values;
  return [...new Set(own)].sort((a, b) => a - b);
}

/**
 * Reads a time of cron: five fields with lists, ranges, steps and names, or a nickname such as `@daily`.
 *
 * @throws {PalletError} of kind `usage` that says which field is wrong.
 *
 * @example
 * ```ts
 * import { parseCron } from "./cron.ts";
 *
 * const { minute, hour, weekday } = parseCron("30 3 * * mon-fri");
 * console.assert(minute?.[0] === 30 && hour?.[0] === 3 && weekday?.join() === "1,2,3,4,5");
 * ```
 */
export function parseCron(text: string): CronFields {
  const trimmed = text.trim();
  if (trimmed.startsWith("@")) {
    const known = NICKNAMES[trimmed.toLowerCase()];
    if (known !== undefined) return parseCron(known);
    throw wrong(text, `there is no nickname "${trimmed}"; there are ${Object.keys(NICKNAMES).join(", ")}`);
  }
  const fields = trimmed.split(/\s+/);
  if (fields.length !== FIELDS.length) throw wrong(text, `it has ${fields.length} fields in place of 5`);
  const [minute, hour, day, month, weekday] = FIELDS.map((kind, at) =>
    fieldValues(fields[at] ?? "", kind, text)
  );
  return { minute, hour, day, month, weekday };
}

/** A time of cron in its five fields, without names and nicknames: what every cron takes. */
export function cronText(fields: CronFields): string {
  return FIELDS.map(({ name }) => fields[name]?.join(",") ?? "*").join(" ");
}
