import { join } from "node:path";
import type { Event, TargetReport } from "../events.ts";
import type { Json } from "../json.ts";
import type { CompiledScript } from "../script/types.ts";
import type { Facts } from "../spec/node.ts";
import { privateFolder, unwritable, writeWhole } from "./files.ts";
import { LineFile } from "./lines.ts";
import { pruneRuns } from "./prune.ts";

/** What a run is about: all that is needed to go on with it, besides what {@linkcode Intent} says. */
export interface RunHeader {
  readonly run: string;
  readonly startedAt: string;
  readonly operation: string;
  readonly infra: string;
  readonly service: string;
  readonly groups: readonly string[];
  readonly phases: Json;
  readonly options: Json;
  readonly environment: Json;
  readonly holder: string;
  /** The process that works on it, told apart from all others. */
  readonly owner?: string;
  /** The command line that began it, and the folder that it was given in. */
  readonly commandLine?: { readonly argv: readonly string[]; readonly cwd: string };
  /** Whether the run changes anything; one that only asks is kept, and never gone on with. */
  readonly changes: boolean;
  /** Clock and seed of the run's evaluations. */
  readonly clock: number;
  readonly seed: number;
  /** SHA-256 of all modules of the infra file. */
  readonly graph?: string;
}

/** A script that is about to be sent. */
export interface Intent {
  readonly at: string;
  readonly target: string;
  readonly nodeId: string;
  readonly phase: string;
  readonly segment: number;
  readonly check: boolean;
  /** Names the file in `scripts/`. */
  readonly sha256: string;
  readonly blobs: CompiledScript["blobs"];
  readonly actions: CompiledScript["actions"];
  readonly captures: Readonly<Record<string, string>>;
  readonly facts: Facts;
}

/** What is known of a script after it was sent: that its node has it, or how it ended. */
export interface Outcome {
  readonly at: string;
  readonly target: string;
  readonly nodeId: string;
  readonly phase: string;
  readonly segment: number;
  /** Absent: the node has taken it. */
  readonly report?: TargetReport;
  /** What its actions captured. */
  readonly captured?: Readonly<Record<string, string>>;
}

/**
 * What a run did and was about to do, in its own folder: `run.json`, `events.jsonl`, `intents.jsonl`, `outcomes.jsonl`
 * and `scripts/`. Each line is with the system when the call returns, so a killed process loses nothing that it had
 * said, and on the disk before the step that it announces.
 */
export interface Journal {
  readonly folder: string;
  event(event: Event): void;
  /** Keeps a compiled script and what it was made from; it may be sent when the promise resolves. */
  intent(intent: Intent, text: string): Promise<void>;
  outcome(outcome: Outcome): void;
  /** Resolves when all that was said is on the disk. */
  sync(): Promise<void>;
  /** @param header That of the run that could not be gone on with, put back. */
  close(header?: RunHeader): Promise<void>;
}

/** Names of a run's files in its folder. */
export const FILES = {
  header: "run.json",
  events: "events.jsonl",
  intents: "intents.jsonl",
  outcomes: "outcomes.jsonl",
  scripts: "scripts",
} as const;

/** Folder of all runs below the state folder. */
export const RUNS = "runs";

/**
 * Opens the journal of a run below the state folder: a new one, or one that is gone on with.
 *
 * @throws {PalletError} when the folder cannot be written: an operation that cannot say what it did must not begin.
 */
export async function openJournal(stateDir: string, header: RunHeader): Promise<Journal> {
  const runs = await privateFolder(stateDir, RUNS);
  await pruneRuns(runs);
  const folder = await privateFolder(runs, header.run);
  const scripts = await privateFolder(folder, FILES.scripts);
  const writeHeader = (text: RunHeader) =>
    writeWhole(join(folder, FILES.header), `${JSON.stringify(text, null, 2)}\n`);
  await writeHeader(header);
  const open: LineFile[] = [];
  const lines = (name: string): LineFile => {
    const file = new LineFile(join(folder, name));
    open.push(file);
    return file;
  };
  const close = () => {
    for (const file of open.splice(0)) file.close();
  };
  try {
    const [events, intents, outcomes] = [lines(FILES.events), lines(FILES.intents), lines(FILES.outcomes)];
    const kept = new Map<string, Promise<void>>();
    return {
      folder,
      event: (event) => events.add(event),
      intent: async (intent, text) => {
        const { sha256 } = intent;
        const keeping = kept.get(sha256) ?? writeWhole(join(scripts, `${sha256}.sh`), text);
        kept.set(sha256, keeping);
        await keeping;
        intents.add(intent);
        await intents.sync();
      },
      outcome: (outcome) => outcomes.add(outcome),
      sync: async () => void await Promise.all(open.map((file) => file.sync())),
      close: async (before) => {
        try {
          if (before !== undefined) await writeHeader(before);
          await Promise.all(open.map((file) => file.sync()));
        } catch (cause) {
          throw unwritable(folder, cause);
        } finally {
          close();
        }
      },
    };
  } catch (thrown) {
    close();
    throw thrown;
  }
}
