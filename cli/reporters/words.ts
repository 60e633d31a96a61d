// Words for events that reporters share.
import type { ActionCounts, Event, Login, PhaseResult, TargetSummary } from "../../engine/events.ts";
import type { Place } from "../errors.ts";
import type { Paint } from "../terminal.ts";
import { count, duration, escapeLine, escapeText, pad, width } from "../text.ts";

/** An event of one type. */
export type EventOf<T extends Event["type"]> = Extract<Event, { readonly type: T }>;

type ActionFinished = EventOf<"action-finished">;
type Style = keyof Paint;

const RESULT_STYLES: Readonly<Record<ActionFinished["result"] | PhaseResult, Style>> = {
  "ok": "green",
  "changed": "yellow",
  "failed": "red",
  "skipped": "dim",
  "would-change": "yellow",
  "cannot-know": "magenta",
  "unreachable": "red",
  "unknown": "magenta",
  "interrupted": "magenta",
};

/** The style of a result. */
export function styleOf(result: ActionFinished["result"] | PhaseResult): Style {
  return RESULT_STYLES[result];
}

/** `3 ok, 1 changed`, without what is zero. */
export function countsText(counts: ActionCounts): string {
  const parts = [
    [counts.ok, "ok"],
    [counts.changed, "changed"],
    [counts.wouldChange, "would change"],
    [counts.cannotKnow, "cannot know"],
    [counts.skipped, "skipped"],
    [counts.failed, "failed"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return said.length === 0 ? "nothing to do" : said.join(", ");
}

/** Counts, unless the result says by itself that nothing was done. */
export function countsOf(result: PhaseResult, counts: ActionCounts): string {
  const some = Object.values(counts).some((number) => number > 0);
  return result === "ok" || some ? countsText(counts) : "";
}

/** Who logs in, a line for each user: `as ops with key SHA256:... (from pallet.yaml:3)`. */
export function loginLines(logins: readonly Login[], paint: Paint, place: Place): readonly string[] {
  return logins.map(({ username, fingerprint, keyFile, origin, from, groups }) => {
    const user = username === undefined
      ? "as each node's own first user"
      : `as ${paint.bold(escapeLine(username))}`;
    const key = fingerprint === undefined
      ? keyFile === undefined ? "" : ` with the key ${escapeLine(keyFile)}`
      : ` with key ${fingerprint}`;
    const said = origin === undefined ? from : place(origin);
    const source = said === undefined ? "" : paint.dim(` (from ${escapeLine(said)})`);
    const whose = logins.length < 2 ? "" : `${escapeLine(groups.join(", "))}: `;
    return `${whose}${user}${key}${source}`;
  });
}

/** What a group's new nodes will cost; nothing where they are free, or nobody says what they are. */
function priceText(
  { hardware, pricePerHour, pricesOf }: EventOf<"counts-planned">["groups"][number],
): string | undefined {
  if (hardware === undefined || pricePerHour === 0) return undefined;
  if (pricePerHour === undefined) return "price not known";
  return `about ${pricePerHour.toFixed(3)} USD an hour${
    pricesOf === undefined ? "" : `, by prices of ${pricesOf}`
  }`;
}

/** What will be made and removed, a line each; empty when nothing will. */
export function countsLines(event: EventOf<"counts-planned">, paint: Paint): readonly string[] {
  return event.groups.flatMap((group) => {
    const made = [group.image, group.hardware].filter((part) => part !== undefined).join(", ");
    const price = priceText(group);
    return [
      ...group.create.map((name) =>
        `${paint.green("+")} ${escapeLine(name)}${made === "" ? "" : paint.dim(` ${escapeLine(made)}`)}`
      ),
      ...(group.create.length > 0 && price !== undefined
        ? [paint.dim(`  ${escapeLine(group.group)} (${price})`)]
        : []),
      ...group.start.map((name) =>
        `${paint.yellow("^")} ${escapeLine(name)} ${paint.dim("is stopped: start")}`
      ),
      ...group.remove.map((name) => `${paint.red("-")} ${escapeLine(name)}`),
    ];
  });
}

/** Columns that titles are padded to: a long one does not move what stands behind the others. */
export function titleColumns(titles: readonly string[]): number {
  return Math.max(0, ...titles.map(width).filter((columns) => columns <= 48));
}

/** A diff with its lines coloured. */
export function diffLines(diff: string, paint: Paint): readonly string[] {
  return escapeText(diff).replace(/\n$/, "").split("\n").map((line) => {
    if (line.startsWith("+++") || line.startsWith("---")) return paint.bold(line);
    if (line.startsWith("+")) return paint.green(line);
    if (line.startsWith("-")) return paint.red(line);
    return line.startsWith("@@") ? paint.cyan(line) : line;
  });
}

/** An action's result in one line: `changed  packages curl (1.2s)`. */
export function actionLine(
  event: Pick<ActionFinished, "result" | "exit" | "because" | "title" | "duration">,
  paint: Paint,
  columns = 7,
): string {
  const style = paint[styleOf(event.result)];
  const exit = event.result === "failed" ? `, exit ${event.exit}` : "";
  const because = event.because?.length ? ` because of ${escapeLine(event.because.join(", "))}` : "";
  const time = paint.dim(` (${duration(event.duration)}${exit})`);
  return `${style(pad(event.result.replace("-", " "), columns))}  ${
    escapeLine(event.title)
  }${because}${time}`;
}

/** The last lines of an output, indented by a bar. */
export function outputLines(output: string, paint: Paint, most = 40): readonly string[] {
  const lines = escapeText(output).replace(/\n+$/, "").split("\n");
  const shown = lines.slice(-most);
  const left = lines.length - shown.length;
  return [
    ...(left > 0 ? [paint.dim(`  … ${count(left, "line")} before`)] : []),
    ...shown.map((line) => `${paint.dim("  |")} ${line}`),
  ];
}

/** What an action that did not fail wrote; a failed one's is told at the end. */
export function spokenLines(
  event: Pick<ActionFinished, "result" | "output">,
  paint: Paint,
): readonly string[] {
  if (event.result === "failed" || event.output === undefined || event.output.trim() === "") return [];
  return outputLines(event.output, paint);
}

/** How much of a script's output is left out, and where it is. */
export function omittedText({ bytes, lost, path }: EventOf<"output-omitted">): string {
  const left = `${bytes} bytes of output are left out here`;
  if (path === undefined) return `${left}, and not kept on the node`;
  const whole = lost === 0 ? "all of it is" : `${lost} of them are gone, all else is`;
  return `${left}; ${whole} on the node in ${path}`;
}

/** All that is known of a failed action. */
export function failedAction(event: ActionFinished, paint: Paint, place: Place): readonly string[] {
  return [
    `${paint.red(paint.bold(escapeLine(event.target)))}: ${escapeLine(event.title)} ${
      paint.red("failed")
    } in phase ${escapeLine(event.phase)} (exit ${event.exit})`,
    ...(event.origin.file === "unknown" ? [] : [paint.dim(`  at ${escapeLine(place(event.origin))}`)]),
    ...(event.output === undefined || event.output.trim() === "" ? [] : outputLines(event.output, paint)),
  ];
}

/** One line a target: its result and counts. */
export function summaryLines(targets: readonly TargetSummary[], paint: Paint): readonly string[] {
  const names = Math.max(0, ...targets.map(({ target }) => width(escapeLine(target))));
  const results = Math.max(0, ...targets.map(({ result }) => result.length));
  return targets.map(({ target, result, counts }) =>
    `${pad(escapeLine(target), names)}  ${paint[styleOf(result)](pad(result, results))}  ${
      countsOf(result, counts)
    }`
      .trimEnd()
  );
}
