import type { PlanResult } from "../engine/run.ts";
import type { Place } from "./errors.ts";
import { secretLines } from "./plan_secrets.ts";
import type { Detail } from "./reporters/reporter.ts";
import { actionLine, countsLines, diffLines, loginLines, titleColumns } from "./reporters/words.ts";
import type { Output, Paint } from "./terminal.ts";
import { count, duration, escapeLine, pad } from "./text.ts";

type PlannedPhase = PlanResult["plans"][number];
type PlannedTarget = PlannedPhase["targets"][number];
type Report = PlanResult["phases"][number]["targets"][number];

/** What the facts that a plan was made with are worth. */
function factsText(target: PlannedTarget, now: number): string {
  const { facts, factsAt } = target;
  if (facts === "cache") {
    const age = factsAt === undefined ? "" : `, ${duration(Math.max(0, now - factsAt))} old`;
    return `facts from the cache${age}`;
  }
  const words = {
    node: "facts of the node",
    image: "facts of the image",
    option: "facts of --os",
    none: "no facts",
  };
  return words[facts];
}

/** A planned target, with what the node answered if it was asked. */
interface Shown extends PlannedTarget {
  readonly report?: Report;
}

function actionsOf(
  target: Pick<Shown, "actions" | "report">,
  paint: Paint,
  place: Place,
): readonly string[] {
  if (target.report === undefined || target.report.actions.length === 0) {
    const titles = target.actions.map((action) => escapeLine(action.title));
    const columns = titleColumns(titles);
    return target.actions.map((action, at) =>
      `      ${pad(titles[at] ?? "", columns)}  ${paint.dim(escapeLine(place(action.origin)))}`
    );
  }
  const columns = Math.max(...target.report.actions.map(({ result }) => result.length));
  return target.report.actions.flatMap((action) => [
    `      ${actionLine(action, paint, columns)}  ${paint.dim(escapeLine(place(action.origin)))}`,
    ...(action.diff === undefined ? [] : diffLines(action.diff, paint).map((line) => `          ${line}`)),
  ]);
}

/** How a plan is shown. */
interface View {
  readonly paint: Paint;
  readonly place: Place;
  readonly now: number;
  /** What is told as the error that ended it: it is not told again. */
  readonly failure: PlanResult["failure"];
}

/** Whether a target's problem is the very error that is told anyway. */
function isTold(problem: NonNullable<Shown["problem"]>, failure: PlanResult["failure"]): boolean {
  return failure !== undefined && failure.message === problem.message &&
    JSON.stringify(failure.origin) === JSON.stringify(problem.origin);
}

function targetLines(target: Shown, { paint, place, now, failure }: View): readonly string[] {
  const name = escapeLine(target.target);
  const notes = [...(target.planned ? ["planned"] : []), factsText(target, now)].join(", ");
  if (target.problem !== undefined) {
    const { message, origin, help } = target.problem;
    const line = `  ${paint.bold(name)}  ${paint.red("cannot be planned")}`;
    if (isTold(target.problem, failure)) return [line];
    return [
      `${line}: ${escapeLine(message)}`,
      ...(origin === undefined ? [] : [paint.dim(`      at ${escapeLine(place(origin))}`)]),
      ...(help === undefined ? [] : [`      ${escapeLine(help)}`]),
    ];
  }
  return [
    `  ${paint.bold(name)}  ${count(target.actions.length, "action")} ${paint.dim(`(${notes})`)}`,
    ...actionsOf(target, paint, place),
  ];
}

/** What reads the same of two targets: all but names and times. */
function likeness({ target: _, factsAt: _at, report, ...plan }: Shown): string {
  const answers = report?.actions.map(({ duration: _duration, ...action }) => action);
  return JSON.stringify([plan, answers]);
}

/** Targets whose plans read the same are shown once, under all of their names. */
function merged(targets: readonly Shown[]): readonly Shown[] {
  const groups = new Map<string, Shown[]>();
  for (const target of targets) {
    const key = likeness(target);
    groups.set(key, [...groups.get(key) ?? [], target]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, target: group.map(({ target }) => target).join(", ") }];
  });
}

function phaseLines(
  planned: PlannedPhase,
  asked: PlanResult["phases"],
  detail: Detail,
  view: View,
): readonly string[] {
  const reports = asked.find(({ phase }) => phase === planned.phase)?.targets ?? [];
  const shown = planned.targets.map((target): Shown => {
    const report = reports.find((candidate) => candidate.target === target.target);
    return report === undefined ? target : { ...target, report };
  });
  return [
    "",
    view.paint.bold(`phase ${escapeLine(planned.phase)}`),
    ...(detail === "verbose" ? shown : merged(shown)).flatMap((target) => targetLines(target, view)),
  ];
}

/** What a check found out; that nothing is pending can only be said when all nodes answered. */
function pendingText({ pending, result }: Pick<PlanResult, "pending" | "result">): string {
  if (pending) return "changes are pending";
  return result === "ok"
    ? "no changes are pending"
    : "whether changes are pending is not known: not all nodes answered";
}

/** Lines of a plan: nodes, then phases with their actions. */
export function planLines(
  result:
    & Pick<PlanResult, "counts" | "plans" | "pending" | "phases" | "result" | "failure">
    & Partial<Pick<PlanResult, "logins" | "secrets">>,
  paint: Paint,
  place: Place,
  detail: Detail,
  now: number,
): readonly string[] {
  const event = { type: "counts-planned", at: "", run: "", groups: result.counts.groups } as const;
  const nodes = countsLines(event, paint);
  const view = { paint, place, now, failure: result.failure };
  const phases = result.plans.flatMap((phase) => phaseLines(phase, result.phases, detail, view));
  const groups = result.counts.groups;
  const sum = (key: "create" | "start" | "remove" | "existing") =>
    groups.reduce((total, group) => total + group[key].length, 0);
  const totals = [
    [sum("create"), "to create"],
    [sum("start"), "to start"],
    [sum("remove"), "to remove"],
    [sum("existing"), "unchanged"],
  ] as const;
  const said = totals.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return [
    ...loginLines(result.logins ?? [], paint, place),
    ...(nodes.length > 0 ? [paint.bold("nodes"), ...nodes.map((line) => `  ${line}`)] : []),
    ...phases,
    ...secretLines(result.secrets ?? [], paint, place),
    "",
    `nodes: ${said.length > 0 ? said.join(", ") : "none"}`,
    ...(result.phases.length === 0 ? [] : [pendingText(result)]),
  ];
}

/** Results that say that a node is not as it should be, or may not be. */
const DRIFTED: readonly string[] = ["would-change", "cannot-know", "failed"];

/** What a check found that is not as it should be, and nothing else: no line where all is well. */
function driftLines(
  result: Pick<PlanResult, "counts" | "phases">,
  paint: Paint,
  place: Place,
): readonly string[] {
  const { groups } = result.counts;
  const counted = groups.some(({ create, start, remove }) =>
    create.length + start.length + remove.length > 0
  );
  const event = { type: "counts-planned", at: "", run: "", groups } as const;
  const phases = result.phases.flatMap(({ phase, targets }) =>
    targets.flatMap((report) => {
      const actions = report.actions.filter(({ result }) => DRIFTED.includes(result));
      if (actions.length === 0) return [];
      const name = `${escapeLine(report.target)}  ${paint.dim(`phase ${escapeLine(phase)}`)}`;
      const lines = actions.flatMap((action) => {
        const [head = "", ...diff] = actionsOf(
          { actions: [], report: { ...report, actions: [action] } },
          paint,
          place,
        );
        return [head, ...action.changes.map((text) => `        ${escapeLine(text)}`), ...diff];
      });
      return [paint.bold(name), ...lines];
    })
  );
  return [...counted ? countsLines(event, paint) : [], ...phases];
}

/** Shows a plan as data. */
export function showPlan(result: PlanResult, output: Output, place: Place, detail: Detail): void {
  if (detail === "quiet" && result.phases.length > 0) {
    const lines = driftLines(result, output.paint, place);
    if (lines.length > 0) output.write(`${lines.join("\n")}\n`);
    return;
  }
  const lines = planLines(result, output.paint, place, detail, Date.now());
  output.write(`${lines.join("\n").replace(/^\n/, "")}\n`);
}
