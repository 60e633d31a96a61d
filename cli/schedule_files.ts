// Schedules that a project's files hold: pallet.yaml, and the infra file.
import { dirname, join } from "node:path";
import type { Configuration } from "../engine/config/config.ts";
import { below } from "../engine/config/merge.ts";
import type { ScheduleValues } from "../engine/config/schema.ts";
import { PalletError } from "../engine/errors.ts";
import type { Origin, ScheduleOptions } from "../engine/mod.ts";
import { listSchedules } from "../engine/run.ts";
import type { ScheduleEntry } from "../engine/schedule/entry.ts";
import type { Host } from "../engine/schedule/install.ts";
import { withWholeOrigin } from "./errors.ts";
import { infraIfThere } from "./infra_file.ts";
import { type ProjectValues, sourceOf } from "./project.ts";
import { makeEntry, type ScheduleRequest } from "./schedule_entry.ts";
import type { Terminal } from "./terminal.ts";
import { splitWords } from "./words.ts";

/** A schedule of a file. */
export interface FileSchedule {
  readonly name: string;
  readonly options: ScheduleOptions;
  /** Path of the file. */
  readonly source: string;
  readonly origin?: Origin;
}

function ofConfiguration(configuration: Configuration, folder: string): readonly FileSchedule[] {
  return below(configuration.entries, "schedules").map(([name, { value, said }]) => {
    // The file was found good when it was read.
    const { "time-limit": timeLimit, "catch-up": catchUp, ...others } = value as unknown as ScheduleValues;
    const named = { ...others, timeLimit, catchUp };
    const options = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
    return {
      name,
      options: options as unknown as ScheduleOptions,
      source: join(folder, "pallet.yaml"),
      ...(said.origin === undefined ? {} : { origin: said.origin }),
    };
  });
}

/** @throws {PalletError} for a name that both files have. */
function refuseTwins(all: readonly FileSchedule[]): void {
  for (const [at, { name, source, origin }] of all.entries()) {
    const twin = all.slice(0, at).find((other) => other.name === name);
    if (twin === undefined) continue;
    throw new PalletError(`Schedule "${name}" stands both in ${twin.source} and in ${source}`, {
      kind: "config",
      help: "Keep one of them.",
      ...(origin === undefined ? {} : { origin }),
    });
  }
}

/** The schedules of the project in a folder. @throws {PalletError} for an infra file that cannot be evaluated. */
export async function fileSchedules(
  options: ProjectValues,
  configuration: Configuration,
  terminal: Terminal,
): Promise<readonly FileSchedule[]> {
  const infra = await infraIfThere(options, configuration, terminal);
  const exported = infra === undefined
    ? []
    : await listSchedules({ source: sourceOf(infra, options, configuration, terminal) });
  const all = [
    ...ofConfiguration(configuration, terminal.cwd),
    ...exported.map((one) => ({ ...one, source: infra ?? "" })),
  ];
  refuseTwins(all);
  return all;
}

function requestOf({ name, options, source }: FileSchedule, folder: string): ScheduleRequest {
  const { cron, command, catchUp, timeLimit, scheduler: backend, jitter, ...rest } = options;
  const optional = { ...rest, backend, jitter: jitter?.toString(), limit: timeLimit?.toString() };
  return {
    name,
    cron,
    argv: typeof command === "string" ? splitWords(command) : command,
    cwd: folder,
    catchUp: catchUp ?? false,
    source,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

/** A schedule of a file, checked as one that was typed. @throws {PalletError} with its place in the file. */
export async function entryOf(file: FileSchedule, terminal: Terminal, host: Host): Promise<ScheduleEntry> {
  try {
    return await makeEntry(requestOf(file, terminal.cwd), terminal, host);
  } catch (thrown) {
    const { name, origin, source } = file;
    if (!(thrown instanceof PalletError) || thrown.origin !== undefined || origin === undefined) throw thrown;
    const { message, kind, help, cause } = thrown;
    const placed = new PalletError(`Cannot use schedule "${name}": ${message}`, {
      kind,
      origin,
      cause,
      ...(help === undefined ? {} : { help }),
    });
    throw withWholeOrigin(placed, dirname(source));
  }
}
