// The beginning of a run: what it works with, what it is told to do, and where it is kept.
import { messageOf, PalletError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { PhaseCall } from "../plan/types.ts";
import type { GroupSummary } from "../spec/types.ts";
import { factsCache } from "../state/facts_cache.ts";
import { type Journal, openJournal } from "../state/journal.ts";
import { holderName, thisOwner } from "../state/owner.ts";
import { makeRunId } from "../state/run_id.ts";
import { loginsOf } from "./admin_user.ts";
import { runEnvironment } from "./environment.ts";
import { leftoverGroups } from "./leftovers.ts";
import type { Stops } from "./operation.ts";
import { type Past, requireSame } from "./past.ts";
import { defaultTimings, type Directories, type OperationOptions, type Selection } from "./options.ts";
import type { RunResult } from "./results.ts";
import { selectGroups } from "./selection.ts";
import { Session } from "./session.ts";
import { requireShard, shardText } from "./shard.ts";
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
  /** Nodes of groups that the infra file does not have: they are told of, or their groups can be selected as well. */
  readonly leftovers?: "tell" | "take";
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
export interface Begun {
  readonly session: Session;
  readonly phases: readonly PhaseCall[];
  readonly journal?: Journal;
  readonly startedAt: number;
  /** As {@linkcode startedAt}, by a clock that nobody sets. */
  readonly began: number;
  /** Rejects for what is missing on this machine. */
  readonly usable: Promise<void>;
}

/**
 * Reads the specs, opens the journal, and says that the run has started; nothing is touched.
 *
 * @throws {PalletError} for what makes no sense, before anything is kept or said.
 */
export async function begin(
  wiring: Wiring,
  options: OperationOptions & Selection,
  kind: Kind,
): Promise<Begun> {
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
  const { clock, seed, past } = wiring;
  const others = kind.leftovers === "take"
    ? await leftoverGroups(tools, groups, options.groups ?? [], { usable, signal: stops.soft, past })
    : [];
  const selected = selectGroups([...groups, ...others], options);
  const phases = kind.phases(selected);
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
