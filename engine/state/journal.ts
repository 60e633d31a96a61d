import { join } from "node:path";
import type { Event } from "../events.ts";
import type { Json } from "../json.ts";
import type { CompiledScript } from "../script/types.ts";
import type { Facts } from "../spec/node.ts";
import { privateFolder, unwritable } from "./files.ts";

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
  readonly actions: readonly Omit<CompiledScript["actions"][number], "args">[];
  readonly captures: Readonly<Record<string, string>>;
  readonly facts: Facts;
}

/**
 * What a run did and was about to do, in its own folder: `run.json`, `events.jsonl`, `intents.jsonl` and `scripts/`.
 * Each line is with the system when the call returns, so a killed process loses nothing that it had said.
 */
export interface Journal {
  readonly folder: string;
  event(event: Event): void;
  /** Keeps a compiled script and what it was made from; called before the script is sent. */
  intent(intent: Intent, text: string): void;
  close(): void;
}

class Lines {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #encoder = new TextEncoder();

  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  }

  add(value: unknown): void {
    // One string, written whole: a reader that finds a last line without its newline knows that it was torn.
    let bytes = this.#encoder.encode(`${JSON.stringify(value)}\n`);
    try {
      while (bytes.length > 0) bytes = bytes.subarray(this.#file.writeSync(bytes));
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * Opens the journal of a new run below the state folder.
 *
 * @throws {PalletError} when the folder cannot be written: an operation that cannot say what it did must not begin.
 */
export async function openJournal(stateDir: string, header: RunHeader): Promise<Journal> {
  const folder = await privateFolder(stateDir, "runs", header.run);
  const scripts = await privateFolder(folder, "scripts");
  const write = (path: string, text: string) => {
    try {
      Deno.writeTextFileSync(path, text, { mode: 0o600 });
    } catch (cause) {
      throw unwritable(path, cause);
    }
  };
  write(join(folder, "run.json"), `${JSON.stringify(header, null, 2)}\n`);
  const kept = new Set<string>();
  let events: Lines, intents: Lines;
  try {
    events = new Lines(join(folder, "events.jsonl"));
    intents = new Lines(join(folder, "intents.jsonl"));
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  return {
    folder,
    event: (event) => events.add(event),
    intent: (intent, text) => {
      if (!kept.has(intent.sha256)) write(join(scripts, `${intent.sha256}.sh`), text);
      kept.add(intent.sha256);
      intents.add(intent);
    },
    close: () => {
      events.close();
      intents.close();
    },
  };
}

/** The lines of a journal's file; a last line that was torn by a crash is left out. */
export function readLines(text: string): readonly Json[] {
  const lines = text.split("\n");
  return lines.slice(0, -1).filter((line) => line !== "").map((line): Json => JSON.parse(line));
}
