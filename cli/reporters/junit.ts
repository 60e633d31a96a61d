import type { Place } from "../errors.ts";
import { escapeText } from "../text.ts";
import type { ActionRow, PhaseRow, RunModel, TargetRow } from "./model.ts";

function xml(text: string): string {
  // What XML 1.0 cannot hold at all is spelled out before it is quoted.
  return escapeText(text).toWellFormed().replaceAll(/[\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}

function body(text: string): string {
  return xml(text).replaceAll("&#10;", "\n");
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function actionCase(action: ActionRow, phase: string, target: string, place: Place): string {
  const head = `<testcase classname="${xml(`${target}.${phase}`)}" name="${xml(action.title)}" time="${
    seconds(action.duration)
  }"`;
  const said = [
    ...(action.output === undefined ? [] : [action.output]),
    ...(action.diff === undefined ? [] : [action.diff]),
  ].join("\n");
  const output = said === "" ? "" : `<system-out>${body(said)}</system-out>`;
  if (action.result === "skipped") return `${head}><skipped/>${output}</testcase>`;
  if (action.result !== "failed") return output === "" ? `${head}/>` : `${head}>${output}</testcase>`;
  const where = action.origin.file === "unknown" ? "" : `at ${place(action.origin)}\n`;
  return `${head}><failure message="${xml(`${action.title} failed with exit status ${action.exit}`)}">${
    body(where + (action.output ?? ""))
  }</failure></testcase>`;
}

/** A target that ended badly by itself, not by an action: unreachable, unknown, a plan that could not be made. */
function targetCase(target: TargetRow, phase: string): readonly string[] {
  const { result, failure } = target;
  if (result === "ok" || target.actions.some((action) => action.result === "failed")) return [];
  const head = `<testcase classname="${xml(`${target.target}.${phase}`)}" name="${xml(phase)}" time="0.000"`;
  const message = xml(failure?.message ?? result);
  if (result === "skipped") return [`${head}><skipped message="${message}"/></testcase>`];
  return [`${head}><error message="${message}">${body(failure?.help ?? "")}</error></testcase>`];
}

function suite(target: TargetRow, { phase }: PhaseRow, model: RunModel, place: Place): string {
  const own = targetCase(target, phase);
  const cases = [...target.actions.map((action) => actionCase(action, phase, target.target, place)), ...own];
  const count = (pattern: string) => cases.filter((one) => one.includes(pattern)).length;
  const at = new Date(Date.parse(model.started.at) + target.from).toISOString();
  return [
    `  <testsuite name="${xml(`${target.target} ${phase}`)}" tests="${cases.length}" failures="${
      count("<failure ")
    }" errors="${count("<error ")}" skipped="${count("<skipped")}" time="${
      seconds(target.to - target.from)
    }" timestamp="${at}" hostname="${xml(target.target)}">`,
    ...cases.map((one) => `    ${one}`),
    "  </testsuite>",
  ].join("\n");
}

/** A run as JUnit's XML: a suite for each target of each phase, a case for each action. */
export function junitText(model: RunModel, place: Place): string {
  const suites = model.phases.flatMap((phase) =>
    phase.targets.map((target) => suite(target, phase, model, place))
  );
  const { failure } = model.finished ?? {};
  const whole = failure === undefined ? [] : [
    '  <testsuite name="run" tests="1" failures="0" errors="1" skipped="0" time="0.000">',
    `    <testcase classname="run" name="${xml(model.started.operation)}" time="0.000"><error message="${
      xml(failure.message)
    }">${body(failure.help ?? "")}</error></testcase>`,
    "  </testsuite>",
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(`pallet ${model.started.operation}`)}" time="${seconds(model.duration)}">`,
    ...suites,
    ...whole,
    "</testsuites>",
    "",
  ].join("\n");
}
