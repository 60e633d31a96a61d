import { join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { fileName, privateFolder, writeWhole } from "../state/files.ts";
import { LineFile, unsealAll } from "../state/lines.ts";
import { didYouMean } from "../suggest.ts";

/** What brings a scheduled command to run. */
export type Backend = "systemd-user" | "systemd-system" | "cron" | "launchd" | "windows";

/** A command that runs by itself. Plain data: a file below the state folder. */
export interface ScheduleEntry {
  readonly name: string;
  /** Five fields, as they were given. */
  readonly cron: string;
  /** Time zone that they are read in: `Europe/Berlin`. */
  readonly zone: string;
  /** The command line, without the program's own name. */
  readonly argv: readonly string[];
  /** Absolute folder that it is given in. */
  readonly cwd: string;
  /** Absolute path of this program, with what stands in front of its command line. */
  readonly program: readonly string[];
  /** Variables that it is run with besides those of whatever starts it. */
  readonly env: Readonly<Record<string, string>>;
  readonly backend: Backend;
  /** Seconds at most by which a start is put off, differently each time; 0: not at all. */
  readonly jitter: number;
  /** Seconds after which a run is ended; 0: never. */
  readonly limit: number;
  /** Whether a run that was missed, by sleep or a restart, is made up for. */
  readonly catchUp: boolean;
  /** Address that is told of failures and of the first success after one. */
  readonly mail?: string;
  /** URL that the same is posted to as JSON. */
  readonly webhook?: string;
  /** File for the node exporter of Prometheus. */
  readonly metrics?: string;
  /** The file whose `schedules` it comes from; absent: it was added by hand. */
  readonly source?: string;
  /** ISO 8601, UTC. */
  readonly addedAt: string;
}

/** How a scheduled run ended: `left-out` when the one before was still at work. */
export type Result = "ok" | "failed" | "timed-out" | "left-out";

/** A scheduled run. */
export interface HistoryLine {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly result: Result;
  readonly status: number;
  /** Name of the run that it began, for `pallet report`. */
  readonly run?: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** @throws {PalletError} for a name that not every backend takes. */
export function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new PalletError(`A schedule cannot be named ${JSON.stringify(name)}`, {
    kind: "usage",
    help: "Use letters, digits, dashes and underscores, 64 at most, and no dash in front.",
  });
}

/** The schedules of a state folder. */
export class Schedules {
  readonly #folder: string;

  constructor(stateDir: string) {
    this.#folder = join(stateDir, "schedules");
  }

  /** A file that belongs to a schedule: `entry.json`, `history.jsonl`, `output.log`, `lock`. */
  path(name: string, kind: "json" | "history.jsonl" | "output.log" | "lock"): string {
    return join(this.#folder, `${fileName(name)}.${kind}`);
  }

  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    try {
      for await (const entry of Deno.readDir(this.#folder)) {
        const [, name] = /^(.+)\.json$/.exec(entry.name) ?? [];
        if (name !== undefined) names.push(name);
      }
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    }
    return names.sort();
  }

  /** @throws {PalletError} of kind `usage` when there is none of this name, or its file is damaged. */
  async read(name: string): Promise<ScheduleEntry> {
    const names = await this.names();
    if (!names.includes(name)) {
      throw new PalletError(`There is no schedule "${name}".${didYouMean(name, names)}`, {
        kind: "usage",
        help: names.length === 0 ? "There are none at all." : `There are: ${names.join(", ")}.`,
      });
    }
    const path = this.path(name, "json");
    try {
      return JSON.parse(await Deno.readTextFile(path));
    } catch (cause) {
      throw new PalletError(
        `Cannot read schedule "${name}" in ${JSON.stringify(path)}: ${messageOf(cause)}`,
        {
          kind: "usage",
          help: "Remove the file, and add the schedule again.",
          cause,
        },
      );
    }
  }

  async all(): Promise<readonly ScheduleEntry[]> {
    return await Promise.all((await this.names()).map((name) => this.read(name)));
  }

  async write(entry: ScheduleEntry): Promise<void> {
    await privateFolder(this.#folder);
    await writeWhole(this.path(entry.name, "json"), `${JSON.stringify(entry, null, 2)}\n`);
  }

  /** Forgets a schedule; what its runs did stays among the runs. */
  async remove(name: string): Promise<void> {
    for (const kind of ["json", "history.jsonl", "output.log", "lock"] as const) {
      try {
        await Deno.remove(this.path(name, kind));
      } catch (cause) {
        if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      }
    }
  }

  async history(name: string): Promise<readonly HistoryLine[]> {
    try {
      const { values } = unsealAll(await Deno.readTextFile(this.path(name, "history.jsonl")));
      return values as readonly object[] as readonly HistoryLine[];
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return [];
      throw cause;
    }
  }

  async remember(name: string, line: HistoryLine): Promise<void> {
    await privateFolder(this.#folder);
    const file = new LineFile(this.path(name, "history.jsonl"));
    try {
      file.add(line);
      await file.sync();
    } finally {
      file.close();
    }
  }
}

/** What whatever runs a schedule is to start: this program, told which schedule it is. */
export function startOf(entry: ScheduleEntry): readonly string[] {
  return [...entry.program, "schedule", "run", entry.name, "--scheduled"];
}
