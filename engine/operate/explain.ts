import { PalletError } from "../errors.ts";
import { errorOf } from "../failure.ts";
import { osTitle, parseOs } from "../os/mod.ts";
import { traceEnvironment } from "../plan/trace_environment.ts";
import type { PhaseCall } from "../plan/types.ts";
import type { Facts, Target } from "../spec/node.ts";
import type { GroupSummary } from "../spec/types.ts";
import type { Provider } from "../provider/provider.ts";
import { scriptText } from "../script/compile.ts";
import { crateScriptsOf, isMade, ready } from "./actions.ts";
import { type RunEnvironment, runEnvironment } from "./environment.ts";
import { FactsLookup, factsOfOs } from "./facts.ts";
import { failureOfProblem } from "./failures.ts";
import { requestedPhases } from "./names.ts";
import type { ExplainOptions } from "./options.ts";
import type { Explanation } from "./results.ts";
import { selectGroups } from "./selection.ts";
import type { Tools } from "./tools.ts";

/** What {@linkcode explain} works with: no node, hence no connection. */
export type ExplainTools = Pick<Tools, "sandbox" | "files" | "definitions"> & {
  readonly provider?: Provider;
  /** Folder of the project. */
  readonly folder: string;
};

/** The targets that a group's count would give, at least one. */
function planned(group: GroupSummary): readonly Target[] {
  return Array.from({ length: Math.max(1, group.count ?? 1) }, (_, at) => ({
    name: `${group.name}-${at + 1}`,
    groups: [group.name],
    planned: true,
  }));
}

async function factsOf(target: Target, group: GroupSummary, tools: ExplainTools, os: ExplainOptions["os"]) {
  if (typeof os === "string") return { ...parseOs(os), hostname: target.name };
  if (os !== undefined) return factsOfOs(os, "", "option", target.name);
  const lookup = new FactsLookup(tools.provider === undefined ? {} : { provider: tools.provider });
  const facts = await lookup.of(target, group.nodeSpec);
  if (facts !== undefined) return facts;
  throw new PalletError(`Cannot explain group "${group.name}": its operating system is not known`, {
    kind: "usage",
    help: "Name one with --os, e.g. --os debian-12.",
  });
}

/** All groups' targets, with facts. */
async function worldTargets(
  groups: readonly GroupSummary[],
  tools: ExplainTools,
  os: ExplainOptions["os"],
): Promise<readonly Target[]> {
  const targets: Target[] = [];
  for (const group of groups) {
    const own = planned(group);
    const [first] = own;
    if (first === undefined) continue;
    const facts = await factsOf(first, group, tools, os);
    targets.push(...own.map((target) => ({ ...target, facts: { ...facts, hostname: target.name } })));
  }
  return targets;
}

/** A group's first target and a phase, made out of values that no node has told. */
export async function explain(tools: ExplainTools, options: ExplainOptions): Promise<readonly Explanation[]> {
  const infrastructure = await tools.sandbox.load(options.signal);
  const run = await runEnvironment(infrastructure, options, tools.folder);
  const { groups } = run;
  const selected = selectGroups(groups, options);
  const calls = requestedPhases(selected, options);
  const targets = await worldTargets(groups, tools, options.os);
  const explanations: Explanation[] = [];
  for (const group of selected) {
    const target = targets.find((one) => one.groups[0] === group.name);
    const spec = infrastructure.groups.find((one) => one.name === group.name) ?? group;
    if (target?.facts === undefined) continue;
    for (const call of calls.filter(({ phase }) => Object.hasOwn(group.phases, phase))) {
      explanations.push(
        await explainOne(
          tools,
          { group, spec, target, facts: target.facts, call, targets, run },
          options.signal,
        ),
      );
    }
  }
  return explanations;
}

/** One group, its first target, and a phase. */
interface Subject {
  /** As the environment makes it. */
  readonly group: GroupSummary;
  readonly spec: GroupSummary;
  readonly target: Target;
  readonly facts: Facts;
  readonly call: PhaseCall;
  readonly targets: readonly Target[];
  readonly run: RunEnvironment;
}

async function explainOne(tools: ExplainTools, subject: Subject, signal?: AbortSignal): Promise<Explanation> {
  const { group, spec, target, facts, call, targets, run } = subject;
  const environment = run.byGroup;
  const selected = run.selected === undefined ? {} : { selected: run.selected };
  const reply = await tools.sandbox.plan({
    // The same for every call, so that what is explained today is explained tomorrow.
    world: { targets, environment, ...selected, captured: {}, clock: 0, seed: 0 },
    phases: [call],
    targets: [target.name],
  }, signal);
  const [plan] = reply.plans;
  if (plan === undefined) throw new PalletError("The plan is missing", { kind: "internal" });
  if (!isMade(plan)) throw errorOf(failureOfProblem(plan.problem));
  const actions = await ready(tools, plan);
  const options = { environment: environment[group.name] ?? {} };
  const own = group.packager === undefined ? facts : { ...facts, packager: group.packager };
  const script = actions.length === 0 ? "" : scriptText({
    actions,
    facts: own,
    ...options,
    group: group.name,
    phase: call.phase,
    target: target.name,
    check: false,
    captured: {},
    definitions: tools.definitions,
    crateScripts: await crateScriptsOf(tools, actions, own, options),
    display: true,
  });
  return {
    group: group.name,
    phase: call.phase,
    target: target.name,
    os: osTitle(facts.os),
    parts: group.phases[call.phase] ?? [],
    environment: traceEnvironment(run.layers, spec),
    actions,
    script,
    settings: reply.settings.filter((setting) => setting.target === target.name),
    console: reply.console,
  };
}
