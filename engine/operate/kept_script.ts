// A job as the script that is sent for it: made once, and kept before it is sent.
import type { PlannedAction } from "../actions/action.ts";
import type { JsonObject } from "../json.ts";
import { compile } from "../script/compile.ts";
import type { CompiledScript } from "../script/types.ts";
import type { Facts, Target } from "../spec/node.ts";
import { crateScriptsOf } from "./actions.ts";
import type { PastScript } from "./past.ts";
import type { TargetReport } from "./results.ts";
import type { Session } from "./session.ts";

/** Actions for one target, ready to be sent: a phase, or a segment of it. */
export interface ScriptJob {
  readonly target: Target;
  readonly phase: string;
  readonly actions: readonly PlannedAction[];
  /** All actions of the phase. */
  readonly plan: readonly PlannedAction[];
  /** Place of the first action in the phase. */
  readonly first: number;
  /** Seconds to go on for another connection, where the actions may cut the line or restart the node. */
  readonly patience?: number;
  readonly check: boolean;
  /** Gives the output of scripts as events. */
  readonly output: boolean;
}

/** Facts with the packager that the specs ask for in place of the system's own. */
function withPackager(session: Session, target: Target, facts: Facts): Facts {
  const packager = target.groups.map((name) => session.group(name)?.packager).find((name) =>
    name !== undefined
  );
  return packager === undefined ? facts : { ...facts, packager };
}

/** Compiles a job. @throws {PalletError} for values that nothing provides. */
async function compileJob(
  session: Session,
  job: ScriptJob,
  known: Facts,
  segment = 0,
): Promise<CompiledScript> {
  const group = job.target.groups[0] ?? "";
  const facts = withPackager(session, job.target, known);
  const environment = session.environmentOf(group);
  return compile({ run: session.setup.run, target: job.target.name, phase: job.phase, segment }, {
    actions: job.actions,
    plan: job.plan,
    facts,
    environment,
    group,
    check: job.check,
    captured: session.roster.captured(),
    definitions: session.tools.definitions,
    crateScripts: await crateScriptsOf(session.tools, job.actions, facts, { environment }),
  });
}

/** A script to send, or what is left to learn of one that an ended run sent before. */
export interface PreparedScript {
  readonly script: CompiledScript;
  /** Whether its node said before that it has the script: it must not run again. */
  readonly taken: boolean;
  /** The boot of the node for which it was made. */
  readonly bootId: string;
  readonly end?: PastScript["end"];
}

/** The script of a job: as it was kept when its run was about to send it before, else compiled and kept. */
export async function prepareScript(session: Session, job: ScriptJob, facts: Facts): Promise<PreparedScript> {
  const { name, node } = job.target;
  const segment = session.nextSegment(name, job.phase);
  const id = { run: session.setup.run, target: name, phase: job.phase, segment };
  const past = await session.setup.past?.script(id, node?.id ?? "");
  if (past !== undefined) {
    const { sha256, actions, blobs, check } = past.intent;
    const script = { id, text: past.text, sha256, actions, blobs, check };
    const { bootId } = past.intent.facts;
    return { script, taken: past.taken, bootId, ...(past.end === undefined ? {} : { end: past.end }) };
  }
  const script = await compileJob(session, job, facts, segment);
  await keepIntent(session, job, script, facts);
  return { script, taken: false, bootId: facts.bootId };
}

function keptOf(key: string, args: JsonObject): JsonObject {
  const value = args[key];
  return value === undefined ? {} : { [key]: value };
}

/** Keeps what is about to be sent, so that a run that is killed can be looked into and gone on with. */
async function keepIntent(
  session: Session,
  job: ScriptJob,
  script: CompiledScript,
  facts: Facts,
): Promise<void> {
  await session.setup.journal?.intent({
    at: new Date().toISOString(),
    target: job.target.name,
    nodeId: job.target.node?.id ?? "",
    phase: job.phase,
    segment: script.id.segment,
    check: script.check,
    sha256: script.sha256,
    blobs: script.blobs,
    // Of the arguments, which may be long, only what a reader of the script's records needs.
    actions: script.actions.map(({ args, ...action }) => ({
      ...action,
      args: { ...keptOf("capture", args), ...keptOf("within", args) },
    })),
    captures: session.roster.captured()[job.target.name] ?? {},
    facts,
  }, script.text);
}

/** Keeps that a node has taken a script, or how it ended there. */
export function keepOutcome(
  session: Session,
  job: ScriptJob,
  script: CompiledScript,
  report?: TargetReport,
): void {
  const outcome = {
    at: new Date().toISOString(),
    target: job.target.name,
    nodeId: job.target.node?.id ?? "",
    phase: job.phase,
    segment: script.id.segment,
    ...(report === undefined ? {} : { report, captured: session.roster.captured()[job.target.name] ?? {} }),
  };
  session.write((journal) => journal.outcome(outcome));
}
