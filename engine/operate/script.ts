import type { Failure, PhaseResult } from "../events.ts";
import { failureOf } from "../failure.ts";
import type { PlannedAction } from "../actions/action.ts";
import type { JsonObject } from "../json.ts";
import { compile } from "../script/compile.ts";
import { inTurn } from "../script/guards.ts";
import type { CompiledScript, Offsets } from "../script/types.ts";
import type { Facts, Target } from "../spec/node.ts";
import type { Connection, ScriptEnd, ScriptItem } from "../transport/connection.ts";
import { crateScriptsOf } from "./actions.ts";
import { regain } from "./regain.ts";
import { countsOfReports, ScriptReader } from "./records.ts";
import type { PastScript } from "./past.ts";
import type { TargetReport } from "./results.ts";
import { HiddenItems, secretsFor } from "./secrets.ts";
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

/** What a script did. */
export interface ScriptRun {
  readonly report: TargetReport;
  /** The boot of the node under which it was sent. */
  readonly bootId?: string;
}

const START: Offsets = { records: 0, output: 0 };

/** Facts with the packager that the specs ask for in place of the system's own. */
function withPackager(session: Session, target: Target, facts: Facts): Facts {
  const packager = target.groups.map((name) => session.group(name)?.packager).find((name) =>
    name !== undefined
  );
  return packager === undefined ? facts : { ...facts, packager };
}

/** Compiles a job. @throws {PalletError} for values that nothing provides. */
export async function compileJob(
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
interface Prepared {
  readonly script: CompiledScript;
  /** Whether its node said before that it has the script: it must not run again. */
  readonly taken: boolean;
  /** The boot of the node for which it was made. */
  readonly bootId: string;
  readonly end?: PastScript["end"];
}

/** The script of a job: as it was kept when its run was about to send it before, else compiled and kept. */
async function prepare(session: Session, job: ScriptJob, facts: Facts): Promise<Prepared> {
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
function keepOutcome(session: Session, job: ScriptJob, script: CompiledScript, report?: TargetReport): void {
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

/** What is said of a script whose end is not an ordinary one. */
function failureOfEnd(end: ScriptEnd, name: string, reader: ScriptReader, left = false): Failure {
  const at = reader.running === undefined ? "" : ` while at "${reader.running}"`;
  switch (end) {
    case "interrupted":
      return {
        kind: "action",
        message: `${name} restarted${at}: its script was interrupted`,
        help: "Run the phase again when the node is up.",
      };
    case "died":
      return {
        kind: "action",
        message: `The script on ${name} was killed${at}`,
        help: "See the node's log for what killed it, e.g. for want of memory.",
      };
    default:
      if (left) {
        return {
          kind: "unreachable",
          message: `Left ${name}${at}: what its script did since is unknown`,
          help: "It goes on there; see the node before running the phase again.",
        };
      }
      return {
        kind: "unreachable",
        message: `The connection to ${name} was lost${at}: what its script did since is unknown`,
        help: "The script may go on there; see the node before running the phase again.",
      };
  }
}

function failureOfAction(reader: ScriptReader, total: number): Failure {
  const failed = reader.reports.find((report) => report.result === "failed");
  if (failed === undefined) return { kind: "action", message: "The script failed outside of its actions" };
  const left = total - reader.reports.length;
  const rest = left === 0 ? "" : `; ${left} later action${left === 1 ? " was" : "s were"} not run`;
  return {
    kind: "action",
    message: `Action "${failed.title}" failed with exit status ${failed.exit}${rest}`,
    origin: failed.origin,
  };
}

/** Follows a script to its end; where its actions may cut the line, over another connection if need be. */
async function follow(
  session: Session,
  connection: Connection,
  script: CompiledScript,
  reader: ScriptReader,
  patience: number | undefined,
): Promise<ScriptEnd> {
  const { target } = script.id;
  let reached = START;
  const items = new HiddenItems(session, (item) => {
    if (item.kind === "record") reader.record(item.record);
    else if (item.kind === "output") reader.output(item.bytes, item.next.output);
    else session.emit({ type: "node-reconnecting", target, reason: item.reason });
  });
  const take = (item: ScriptItem): void => {
    if (item.kind !== "reconnecting") reached = item.next;
    items.take(item);
  };
  try {
    const end = await connection.follow(script.id, START, take, session.hard);
    if (end !== "unknown" || patience === undefined) return end;
    const other = await regain(session, target, { within: patience });
    return await other.follow(script.id, reached, take, session.hard);
  } finally {
    items.flush();
  }
}

/** What a script's end says of its target. */
function conclude(
  end: ScriptEnd,
  name: string,
  reader: ScriptReader,
  total: number,
  left: boolean,
): readonly [PhaseResult, Failure?] {
  if (end === "unknown") return ["unknown", failureOfEnd(end, name, reader, left)];
  if (end !== "ended" || reader.final === undefined) {
    return ["interrupted", failureOfEnd(end === "ended" ? "died" : end, name, reader)];
  }
  return reader.final.result === "ok" ? ["ok"] : ["failed", failureOfAction(reader, total)];
}

/**
 * Runs a target's actions as one script on its node, and reports. It never throws: what goes wrong is the report's
 * failure; a script of which nothing is known any more is `unknown`, never a success.
 */
export async function runScript(session: Session, job: ScriptJob): Promise<ScriptRun> {
  const { name } = job.target;
  const under: { bootId?: string } = {};
  const report = (result: PhaseResult, failure?: Failure, reader?: ScriptReader): ScriptRun => ({
    report: {
      target: name,
      result,
      counts: countsOfReports(reader?.reports ?? []),
      actions: reader?.reports ?? [],
      ...(failure === undefined ? {} : { failure }),
    },
    ...under,
  });
  const connection = session.roster.connections.get(name);
  const facts = session.roster.get(name)?.facts ?? connection?.facts;
  if (connection === undefined || facts === undefined) {
    return report("unreachable", { kind: "unreachable", message: `There is no connection to ${name}` });
  }
  let prepared: Prepared;
  let secrets: ReadonlyMap<string, string>;
  try {
    prepared = await prepare(session, job, facts);
    secrets = await secretsFor(session, prepared.script);
  } catch (thrown) {
    return report("failed", failureOf(thrown));
  }
  const { script, taken, end: ended } = prepared;
  under.bootId = prepared.bootId;
  if (!job.check) session.touch();
  if (ended !== undefined) {
    for (const [value, text] of Object.entries(ended.captured)) session.roster.capture(name, value, text);
    return { report: { ...ended.report, recalled: true }, ...under };
  }
  const reader = new ScriptReader(script, {
    emit: session.emit,
    capture: (value, text) => session.roster.capture(name, value, text),
    output: job.output,
    first: job.first,
  });
  const keep = (done: ScriptRun): ScriptRun => {
    keepOutcome(session, job, script, done.report);
    return done;
  };
  try {
    if (!taken) {
      await connection.start(script, session.hard, secrets);
      keepOutcome(session, job, script);
    }
    const end = await follow(session, connection, script, reader, job.patience);
    reader.end();
    const total = inTurn(job.plan).length - job.first;
    const [result, failure] = conclude(end, name, reader, total, session.hard.aborted);
    return keep(report(result, failure, reader));
  } catch (thrown) {
    reader.end();
    return keep(report(...afterThrow(session, thrown, name, reader), reader));
  }
}

/** What is known when starting or following threw: the script may run, unless the node itself refused it. */
function afterThrow(
  session: Session,
  thrown: unknown,
  name: string,
  reader: ScriptReader,
): readonly [PhaseResult, Failure] {
  if (session.hard.aborted) return ["unknown", failureOfEnd("unknown", name, reader, true)];
  const failure = failureOf(thrown);
  return [failure.kind === "unreachable" ? "unknown" : "failed", failure];
}
