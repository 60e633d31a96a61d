import type { Failure } from "../events.ts";
import { failureOf } from "../failure.ts";
import { inTurn } from "../script/guards.ts";
import { type CompiledScript, START } from "../script/types.ts";
import type { Connection, ScriptEnd, ScriptItem } from "../transport/connection.ts";
import { keepOutcome, type PreparedScript, prepareScript, type ScriptJob } from "./kept_script.ts";
import { countsOfReports, ScriptReader } from "./records.ts";
import { regain } from "./regain.ts";
import type { ActionReport, TargetReport } from "./results.ts";
import { conclude, concludeThrown, type Conclusion } from "./script_end.ts";
import { HiddenItems, secretsFor } from "./secrets.ts";
import type { Session } from "./session.ts";

/** What a script did. */
export interface ScriptRun {
  readonly report: TargetReport;
  /** The boot of the node under which it was sent. */
  readonly bootId?: string;
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
    else if (item.kind === "omitted") reader.omitted(item.omitted);
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

/** Has a node run a script that it may have been given before, and hears what came of it. */
async function run(
  session: Session,
  connection: Connection,
  job: ScriptJob,
  { script, taken }: PreparedScript,
  secrets: ReadonlyMap<string, string>,
): Promise<TargetReport> {
  const { name } = job.target;
  const reader = new ScriptReader(script, {
    emit: session.emit,
    capture: (value, text) => session.roster.capture(name, value, text),
    output: job.output,
    first: job.first,
  });
  try {
    if (!taken) {
      await connection.start(script, session.hard, secrets);
      keepOutcome(session, job, script);
    }
    const end = await follow(session, connection, script, reader, job.patience);
    reader.end();
    const total = inTurn(job.plan).length - job.first;
    return reportOf(name, conclude(end, name, reader, total, session.hard.aborted), reader.reports);
  } catch (thrown) {
    reader.end();
    return reportOf(name, concludeThrown(thrown, name, reader, session.hard.aborted), reader.reports);
  }
}

function reportOf(
  target: string,
  { result, failure }: Conclusion,
  actions: readonly ActionReport[] = [],
): TargetReport {
  const counts = countsOfReports(actions);
  return { target, result, counts, actions, ...(failure === undefined ? {} : { failure }) };
}

/**
 * Runs a target's actions as one script on its node, and reports. It never throws: what goes wrong is the report's
 * failure; a script of which nothing is known any more is `unknown`, never a success.
 */
export async function runScript(session: Session, job: ScriptJob): Promise<ScriptRun> {
  const { name } = job.target;
  const connection = session.roster.connections.get(name);
  const facts = session.roster.get(name)?.facts ?? connection?.facts;
  if (connection === undefined || facts === undefined) {
    const failure: Failure = { kind: "unreachable", message: `There is no connection to ${name}` };
    return { report: reportOf(name, { result: "unreachable", failure }) };
  }
  let prepared: PreparedScript;
  let secrets: ReadonlyMap<string, string>;
  try {
    prepared = await prepareScript(session, job, facts);
    secrets = await secretsFor(session, prepared.script);
  } catch (thrown) {
    return { report: reportOf(name, { result: "failed", failure: failureOf(thrown) }) };
  }
  if (!job.check) session.touch();
  const { script, bootId, end } = prepared;
  if (end !== undefined) {
    for (const [value, text] of Object.entries(end.captured)) session.roster.capture(name, value, text);
    return { report: { ...end.report, recalled: true }, bootId };
  }
  const report = await run(session, connection, job, prepared, secrets);
  keepOutcome(session, job, script, report);
  return { report, bootId };
}
