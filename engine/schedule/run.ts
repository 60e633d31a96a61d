// One scheduled run: alone, in time, remembered, and told of when it went wrong.
import { basename } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { rest } from "../pause.ts";
import { privateFolder } from "../state/files.ts";
import { listRuns, runNames } from "../state/runs.ts";
import type { HistoryLine, Result, ScheduleEntry, Schedules } from "./entry.ts";
import { writeMetrics } from "./metrics.ts";
import { notice, tell } from "./notice.ts";

/** Seconds that a run which is out of time gets to end in order, and again to leave at once. */
const GRACE = [60, 10] as const;

/** How a scheduled run is begun. */
export interface RunHow {
  readonly stateDir: string;
  readonly entry: ScheduleEntry;
  readonly schedules: Schedules;
  /** Whether the system began it: then it waits its jitter, and says nothing unless it fails. */
  readonly scheduled: boolean;
  /** Whether it only makes up for what was missed. */
  readonly missed: boolean;
  readonly say: (text: string) => void;
  /** Aborted: the run is told to end in order. */
  readonly signal: AbortSignal;
}

/** Seconds that what makes up for missed runs leaves to whoever else would start one now. */
const MANNERS = 5;

/** Takes the schedule for this process; nothing when another run of it is at work. */
async function takeTurn({ stateDir, entry, schedules }: RunHow): Promise<Deno.FsFile | undefined> {
  await privateFolder(stateDir, "schedules");
  const file = await Deno.open(schedules.path(entry.name, "lock"), {
    write: true,
    create: true,
    mode: 0o600,
  });
  if (file.tryLockSync(true)) return file;
  file.close();
  return undefined;
}

interface Ended {
  readonly status: number;
  readonly timedOut: boolean;
  readonly pid: number;
}

/** Runs the command with its output in the log, until it ends or its time is over. */
async function work(how: RunHow, log: string): Promise<Ended> {
  const { entry, signal } = how;
  const [program = "", ...first] = entry.program;
  const file = await Deno.open(log, { write: true, create: true, truncate: true, mode: 0o600 });
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...first, ...entry.argv],
      cwd: entry.cwd,
      env: { ...entry.env, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    file.close();
    throw new PalletError(`Cannot start "${program}" in "${entry.cwd}": ${messageOf(cause)}`, {
      kind: "config",
      help: `See whether both are still there; else: pallet schedule remove ${entry.name}`,
      cause,
    });
  }
  let timedOut = false;
  const end = (sign: Deno.Signal) => {
    try {
      child.kill(sign);
    } catch {
      // It has ended by itself.
    }
  };
  const timers = entry.limit === 0 ? [] : [
    setTimeout(() => {
      timedOut = true;
      end("SIGTERM");
    }, entry.limit * 1000),
    setTimeout(() => end("SIGTERM"), (entry.limit + GRACE[0]) * 1000),
    setTimeout(() => end("SIGKILL"), (entry.limit + GRACE[0] + GRACE[1]) * 1000),
  ];
  const stop = () => end("SIGTERM");
  signal.addEventListener("abort", stop);
  try {
    const keep = async (stream: ReadableStream<Uint8Array>) => {
      for await (const bytes of stream) {
        for (let rest = bytes; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
      }
    };
    const [status] = await Promise.all([child.status, keep(child.stdout), keep(child.stderr)]);
    return { status: status.code, timedOut, pid: child.pid };
  } finally {
    timers.forEach(clearTimeout);
    signal.removeEventListener("abort", stop);
    file.close();
  }
}

/** The name of the run that a process began, if it began one: one of those that there were not before. */
async function runOf(
  stateDir: string,
  pid: number,
  before: readonly string[],
): Promise<string | undefined> {
  const { runs } = await listRuns(stateDir);
  const known = new Set(before);
  return runs.find(({ run, header }) => !known.has(run) && header.holder.endsWith(` pid ${pid}`))?.run;
}

/** The end of a log, for a notice. */
async function tailOf(log: string): Promise<string> {
  const text = await Deno.readTextFile(log).catch(() => "");
  return text.trimEnd().split("\n").slice(-40).join("\n").slice(-8000);
}

/** Whether a run was due and did not take place since the last one began. */
async function wasMissed({ entry, schedules }: RunHow): Promise<boolean> {
  const [{ nextTimes }, { parseCron }] = await Promise.all([import("./times.ts"), import("./cron.ts")]);
  const last = (await schedules.history(entry.name)).at(-1)?.startedAt ?? entry.addedAt;
  const [due] = await nextTimes(parseCron(entry.cron), entry.zone, new Date(last), 1);
  return due !== undefined && due.getTime() < Date.now();
}

/**
 * Runs a schedule once. What goes wrong is in the history, in the notices, and said; the answer is the exit status.
 *
 * @throws {PalletError} when it cannot even be begun.
 */
export async function runScheduled(how: RunHow): Promise<number> {
  const { entry, schedules, scheduled, say, signal } = how;
  if (how.missed) {
    if (!await wasMissed(how)) return 0;
    await rest(MANNERS, signal);
  }
  const turn = await takeTurn(how);
  if (how.missed && (turn === undefined || !await wasMissed(how))) {
    turn?.close();
    return 0;
  }
  const startedAt = new Date().toISOString();
  if (turn === undefined) {
    const line: HistoryLine = { startedAt, endedAt: startedAt, result: "left-out", status: 0 };
    await schedules.remember(entry.name, line);
    say(`Schedule "${entry.name}" was left out: the run before is still at work.`);
    return 0;
  }
  try {
    const delays = entry.backend === "cron" || entry.backend === "launchd" || entry.backend === "windows";
    if (scheduled && delays && entry.jitter > 0) await rest(Math.random() * entry.jitter, signal);
    if (signal.aborted) return 143;
    const log = schedules.path(entry.name, "output.log");
    const before = (await schedules.history(entry.name)).findLast(({ result }) => result !== "left-out");
    const runs = await runNames(how.stateDir);
    let ended: Ended;
    try {
      ended = await work(how, log);
    } catch (thrown) {
      if (!(thrown instanceof PalletError)) throw thrown;
      await Deno.writeTextFile(log, `${thrown.message}\n`, { mode: 0o600 });
      ended = { status: 2, timedOut: false, pid: 0 };
    }
    const result: Result = ended.timedOut ? "timed-out" : ended.status === 0 ? "ok" : "failed";
    const run = await runOf(how.stateDir, ended.pid, runs);
    const line: HistoryLine = {
      startedAt,
      endedAt: new Date().toISOString(),
      result,
      status: ended.timedOut && ended.status === 0 ? 143 : ended.status,
      ...(run === undefined ? {} : { run }),
    };
    await schedules.remember(entry.name, line);
    if (entry.metrics !== undefined) await writeMetrics(entry, line, await schedules.history(entry.name));
    const bad = result !== "ok";
    const output = bad ? await tailOf(log) : "";
    if (bad) {
      say(
        `Schedule "${entry.name}": ${result} with status ${line.status}; ${basename(log)} ends:\n${output}`,
      );
    } else if (!scheduled) say(`Schedule "${entry.name}": ok`);
    if (bad || (before !== undefined && before.result !== "ok")) {
      await tell(entry, notice(entry, line, output), say);
    }
    return line.status;
  } finally {
    turn.close();
  }
}
