import { join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import type { Event } from "../events.ts";
import { didYouMean } from "../suggest.ts";
import { FILES, type Intent, type Outcome, type RunHeader, RUNS } from "./journal.ts";
import { unsealAll } from "./lines.ts";
import { isGone } from "./owner.ts";

/** A run as its journal tells it. */
export interface KeptRun {
  readonly folder: string;
  readonly header: RunHeader;
  readonly events: readonly Event[];
  readonly intents: readonly Intent[];
  readonly outcomes: readonly Outcome[];
  /** Lines that are not as they were written; they are left out. */
  readonly damaged: number;
}

/** How far a run has come: `running` while its process lives, `unfinished` when it was killed. */
export type RunState = "running" | "unfinished" | "finished";

/** A run in a list. */
export interface RunSummary {
  readonly run: string;
  readonly state: RunState;
  readonly header: RunHeader;
  /** Its last event, when it is finished. */
  readonly finished?: Extract<Event, { readonly type: "run-finished" }>;
}

async function text(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return "";
    throw cause;
  }
}

async function headerOf(folder: string): Promise<RunHeader> {
  const path = join(folder, FILES.header);
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (cause) {
    throw new PalletError(
      `Cannot read the journal of run in ${JSON.stringify(folder)}: ${messageOf(cause)}`,
      {
        kind: "usage",
        help: `See ${FILES.events} there for what the run did.`,
        cause,
      },
    );
  }
}

/** Names of all kept runs, oldest first. */
export async function runNames(stateDir: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(join(stateDir, RUNS))) {
      if (entry.isDirectory) names.push(entry.name);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  return names.sort();
}

/**
 * Reads a run's journal. Lines that a crash or a disk damaged are left out and counted.
 *
 * @throws {PalletError} of kind `usage` when there is no such run, or its header is damaged.
 */
export async function readRun(stateDir: string, run: string): Promise<KeptRun> {
  const names = await runNames(stateDir);
  if (!names.includes(run)) {
    throw new PalletError(`There is no run "${run}".${didYouMean(run, names)}`, {
      kind: "usage",
      help: 'List the runs that are kept: "pallet runs".',
    });
  }
  const folder = join(stateDir, RUNS, run);
  const header = await headerOf(folder);
  const [events, intents, outcomes] = await Promise.all(
    [FILES.events, FILES.intents, FILES.outcomes].map(async (name) =>
      unsealAll(await text(join(folder, name)))
    ),
  );
  return {
    folder,
    header,
    events: (events?.values ?? []) as readonly object[] as readonly Event[],
    intents: (intents?.values ?? []) as readonly object[] as readonly Intent[],
    outcomes: (outcomes?.values ?? []) as readonly object[] as readonly Outcome[],
    damaged: (events?.damaged ?? 0) + (intents?.damaged ?? 0) + (outcomes?.damaged ?? 0),
  };
}

/** Bytes at the end of a run's events among which its last one is looked for. */
const TAIL = 1 << 20;

/** The last event of a run, when it is its end: a run that was gone on with has more than one. */
async function lastEvent(path: string): Promise<Event | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
  try {
    const { size } = await file.stat();
    await file.seek(Math.max(0, size - TAIL), Deno.SeekMode.Start);
    const end = unsealAll(await new Response(file.readable).text());
    return end.values.at(-1) as object | undefined as Event | undefined;
  } catch (cause) {
    file.close();
    throw cause;
  }
}

async function stateOf(header: RunHeader, ended: boolean): Promise<RunState> {
  if (ended) return "finished";
  return header.owner !== undefined && !await isGone(header.owner) ? "running" : "unfinished";
}

/** A run in short, from its header and its last event. @throws {PalletError} when its header is damaged. */
export async function summarise(stateDir: string, run: string): Promise<RunSummary> {
  const folder = join(stateDir, RUNS, run);
  const header = await headerOf(folder);
  const last = await lastEvent(join(folder, FILES.events));
  const finished = last?.type === "run-finished" ? last : undefined;
  const state = await stateOf(header, finished !== undefined);
  return { run, state, header, ...(finished === undefined ? {} : { finished }) };
}

/** All runs that are kept, latest first; those whose header is damaged by name, with the reason. */
export async function listRuns(
  stateDir: string,
): Promise<{ readonly runs: readonly RunSummary[]; readonly damaged: readonly PalletError[] }> {
  const names = (await runNames(stateDir)).toReversed();
  const read = await Promise.allSettled(names.map((name) => summarise(stateDir, name)));
  return {
    runs: read.flatMap((one) => one.status === "fulfilled" ? [one.value] : []),
    damaged: read.flatMap((one) =>
      one.status === "rejected" && one.reason instanceof PalletError ? [one.reason] : []
    ),
  };
}
