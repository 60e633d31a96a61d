import { messageOf, PalletError } from "../errors.ts";
import { exitCodeOf, failureOf } from "../failure.ts";
import type { Json } from "../json.ts";
import type { PhaseCall } from "../plan/types.ts";
import type { GroupSummary } from "../spec/types.ts";
import { factsCache } from "../state/facts_cache.ts";
import { type Journal, openJournal } from "../state/journal.ts";
import { type Lock, lockGroups } from "../state/lock.ts";
import { holderName, thisOwner } from "../state/owner.ts";
import { makeRunId } from "../state/run_id.ts";
import { loginsOf } from "./admin_user.ts";
import { requireLogins } from "./logins.ts";
import { disconnectAll } from "./connect.ts";
import { runEnvironment } from "./environment.ts";
import { elapsed, finish, resultOf, type Work } from "./outcome.ts";
import type { Stops } from "./operation.ts";
import { warnOfOthers } from "./other_projects.ts";
import { type Past, requireSame } from "./past.ts";
import { defaultTimings, type Directories, type OperationOptions, type Selection } from "./options.ts";
import type { RunResult } from "./results.ts";
import { nodesBack } from "./restarting.ts";
import { selectGroups } from "./selection.ts";
import { Session } from "./session.ts";
import { lockName, requireShard, shardText } from "./shard.ts";
import { targetsOf } from "./targets.ts";
import type { Tools } from "./tools.ts";

/** What an operation works with, besides what it was asked for. */
export interface Wiring {
  readonly tools: Tools;
  readonly directories: Directories;
  /** Name of the infra file, for people. */
  readonly infra: string;
  /** Folder of the project. */
  readonly folder: string;
  readonly stops: Stops;
  /** Clock of the run (milliseconds since the epoch) and seed of its randomness. */
  readonly clock: number;
  readonly seed: number;
  /** Gives what providers and specs say beside the point to a listener. */
  readonly listen: (on: (level: "debug" | "info" | "warn" | "error", text: string) => void) => void;
  /** SHA-256 of all modules of the infra file, once it is loaded. */
  readonly graphHash: () => string | undefined;
  /** The run to go on with, in place of a new one. */
  readonly past?: Past;
}

/** What is particular to a kind of operation. */
export interface Kind {
  readonly operation: RunResult["operation"];
  /** The phases that will run, of the selected groups; an error here is a refusal. */
  readonly phases: (selected: readonly GroupSummary[]) => readonly PhaseCall[];
  readonly check: boolean;
  /** Whether the run changes anything: then it is journalled and no other may work on its groups. */
  readonly changes: boolean;
  /** Options of the call as plain data, for the journal. */
  readonly record: Json;
}

/** @throws {PalletError} that says what is missing on this machine. */
async function requireUsable(tools: Tools, signal: AbortSignal): Promise<void> {
  const problems = await tools.provider.check(signal);
  if (problems.length === 0) return;
  const help = problems.flatMap((problem) => problem.help ?? []).join(" ");
  throw new PalletError(
    `Cannot use provider "${tools.provider.name}": ${problems.map((problem) => problem.message).join("; ")}`,
    { kind: "config", ...(help === "" ? {} : { help }) },
  );
}

async function journalFor(
  kind: Kind,
  stateDir: string,
  header: Parameters<typeof openJournal>[1],
  warn: (text: string) => void,
): Promise<Journal | undefined> {
  try {
    return await openJournal(stateDir, header);
  } catch (thrown) {
    if (kind.changes) throw thrown;
    warn(`This run is not kept: ${messageOf(thrown)}`);
    return undefined;
  }
}

/** A run that has begun: its session, and what must be given back at its end. */
interface Begun {
  readonly session: Session;
  readonly phases: readonly PhaseCall[];
  readonly journal?: Journal;
  readonly startedAt: number;
  /** As {@linkcode startedAt}, by a clock that nobody sets. */
  readonly began: number;
  /** Rejects for what is missing on this machine. */
  readonly usable: Promise<void>;
}

async function begin(wiring: Wiring, options: OperationOptions & Selection, kind: Kind): Promise<Begun> {
  const { tools, directories, stops } = wiring;
  const loading = tools.sandbox.load(stops.soft);
  const connects = kind.changes || kind.check;
  if (connects) tools.transport.warm();
  const usable = connects ? requireUsable(tools, stops.soft) : Promise.resolve();
  usable.catch(() => {}); // awaited once the run has begun
  const owning = thisOwner();
  const infrastructure = await loading;
  const { groups, byGroup: environment, userOf, selected: exported, warnings: doubts } = await runEnvironment(
    infrastructure,
    options,
    wiring.folder,
  );
  requireShard(options.shard);
  const selected = selectGroups(groups, options);
  const phases = kind.phases(selected);
  const { clock, seed, past } = wiring;
  const began = performance.now();
  const startedAt = past === undefined ? clock : Date.now();
  const commandLine = past?.run.header.commandLine ?? options.commandLine;
  const run = past?.run.header.run ?? makeRunId(new Date(startedAt));
  const graph = wiring.graphHash();
  if (past !== undefined) await requireSame(past, kind.operation, graph, options.resume);
  const owner = await owning;
  const warnings = [...doubts];
  const header = {
    run,
    startedAt: new Date(clock).toISOString(),
    operation: kind.operation,
    infra: wiring.infra,
    service: options.service.name,
    groups: selected.map((group) => group.name),
    phases: phases.map(({ phase, args }) => ({ phase, args })),
    options: kind.record,
    environment,
    holder: holderName(),
    ...(owner === undefined ? {} : { owner }),
    ...(commandLine === undefined ? {} : { commandLine }),
    changes: kind.changes,
    clock,
    seed,
    ...(graph === undefined ? {} : { graph }),
  };
  const journal = connects
    ? await journalFor(kind, directories.state, header, (text) => warnings.push(text))
    : undefined;
  const session = new Session({
    run,
    service: options.service.name,
    holder: holderName(),
    tools,
    stops,
    timings: { ...defaultTimings, ...options.timings },
    groups,
    selected,
    environment,
    clock,
    seed,
    allowWorkstation: options.allowWorkstation ?? false,
    factsCache: factsCache(directories.cache, options.service.name),
    ...(owner === undefined ? {} : { owner }),
    userOf,
    ...(exported === undefined ? {} : { selectedEnvironment: exported }),
    ...(journal === undefined ? {} : { journal }),
    ...(past === undefined ? {} : { past }),
    ...(options.on === undefined ? {} : { on: options.on }),
  });
  wiring.listen((level, text) => session.message(level, text));
  session.emit({
    type: "run-started",
    operation: kind.operation,
    infra: wiring.infra,
    service: options.service.name,
    phases: phases.map((call) => call.phase),
    check: kind.check,
    ...(options.shard === undefined ? {} : { shard: shardText(options.shard) }),
    logins: loginsOf(selected.map((group) => group.name), userOf),
    ...(past === undefined ? {} : { resumed: past.run.header.startedAt }),
  });
  for (const { level, text } of infrastructure.console) session.message(level, text);
  for (const text of warnings) session.message("warn", text);
  return { session, phases, startedAt, began, usable, ...(journal === undefined ? {} : { journal }) };
}

/** Lists nodes and joins them with all groups of the infra file. */
async function takeInventory(session: Session): Promise<void> {
  const { tools, setup } = session;
  const nodes = await nodesBack(session);
  session.roster.names = nodes.map((node) => node.name);
  for (const target of await targetsOf(nodes, setup.groups, tools.sandbox, session.soft)) {
    session.roster.put(target);
  }
}

/**
 * Does an operation's work between its beginning (specs, journal, lock, inventory) and its end (connections and lock
 * given back, the result told).
 *
 * @throws whatever ends the work before anything was made, removed or run; after that an error is part of the result.
 */
export async function operate<W extends Work>(
  wiring: Wiring,
  options: OperationOptions & Selection,
  kind: Kind,
  work: (session: Session, phases: readonly PhaseCall[]) => Promise<W>,
): Promise<{ readonly result: RunResult; readonly work: W | undefined }> {
  const { session, phases, journal, startedAt, began, usable } = await begin(wiring, options, kind);
  let lock: Lock | undefined;
  let done: W | undefined;
  let refused = false;
  try {
    await usable;
    if (kind.changes) {
      const since = new Date(startedAt).toISOString();
      const who = holderName();
      const what = [kind.operation, ...phases.map(({ phase }) => phase)].join(" ");
      const groups = session.setup.selected.map((group) => lockName(group.name, options.shard));
      lock = await lockGroups(
        wiring.directories.state,
        options.service.name,
        groups,
        { run: session.setup.run, what, who, pid: Deno.pid, since, folder: wiring.folder },
        { wait: session.setup.timings.leaseWait, signal: session.soft },
      );
    }
    await takeInventory(session);
    if (lock !== undefined) await warnOfOthers(session, lock, wiring.folder);
    if (phases.length > 0 && (kind.changes || kind.check)) await requireLogins(session);
    done = await work(session, phases);
  } catch (thrown) {
    const failure = failureOf(thrown);
    refused = !session.touched && session.stopped === undefined;
    if (refused) {
      const exitCode = exitCodeOf(thrown);
      finish(session, { result: "failed", exitCode, targets: [], failure, duration: elapsed(began) });
      throw thrown;
    }
    // What stops because it was asked to is no error: the reason to stop comes back from whatever was waited for.
    if (thrown !== session.soft.reason && thrown !== session.hard.reason) session.fail(failure);
  } finally {
    // No more is evaluated: its process ends while the nodes are left.
    await Promise.all([disconnectAll(session), wiring.tools.sandbox.close()]);
    lock?.release(session.touched);
    if (refused) await journal?.close(wiring.past?.run.header);
  }
  session.keep();
  const result = resultOf(session, kind.operation, done ?? {}, began);
  finish(session, result, done?.data);
  await journal?.close().catch((thrown) => {
    if (!session.unkept) throw thrown;
  });
  if (session.broken !== undefined) throw session.broken.thrown;
  return { result, work: done };
}
