// The command line as a process that is watched while it runs: its events, its signals, its end.
import type { Event } from "../../engine/events.ts";
import { denoDir, palletCommand } from "./process.ts";

/** What a run of the command line left. */
export interface CliRun {
  readonly status: number;
  readonly events: readonly Event[];
  readonly err: string;
}

/** A run of the command line that may still be under way. */
export interface RunningCli {
  readonly pid: number;
  /** Its end; a process that needs more than its time is killed, and that is an error. */
  readonly finished: Promise<CliRun>;
  /** The first event that fits, of those that came and those to come; an error when it ends without. */
  until(fits: (event: Event) => boolean): Promise<Event>;
  kill(signal: Deno.Signal): void;
  /** Kills it unless it has ended, and waits. */
  end(): Promise<void>;
}

/** How {@linkcode startCli} starts. */
export interface StartOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds: 90. */
  readonly limit?: number;
}

interface Waiter {
  readonly fits: (event: Event) => boolean;
  readonly resolve: (event: Event) => void;
  readonly reject: (cause: Error) => void;
}

/** Starts `pallet ... --json`, with no terminal, no input and no configuration of the user. */
export function startCli(args: readonly string[], options: StartOptions): RunningCli {
  const [program = "", ...first] = palletCommand;
  const process = new Deno.Command(program, {
    args: [...first, ...args, "--json"],
    cwd: options.cwd,
    env: { XDG_CONFIG_HOME: "/nonexistent", DENO_DIR: denoDir, ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const events: Event[] = [];
  const waiters = new Set<Waiter>();
  let over = false;
  let late = false;
  const kill = (signal: Deno.Signal) => {
    if (!over) process.kill(signal);
  };
  const timer = setTimeout(() => {
    late = true;
    kill("SIGKILL");
  }, (options.limit ?? 90) * 1000);

  const hear = (event: Event) => {
    events.push(event);
    for (const waiter of waiters) {
      if (!waiter.fits(event)) continue;
      waiters.delete(waiter);
      waiter.resolve(event);
    }
  };
  const listen = async () => {
    let rest = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) hear(JSON.parse(line));
    }
  };
  const finish = async (): Promise<CliRun> => {
    const [, err, { code }] = await Promise.all([listen(), process.stderr.text(), process.status]);
    over = true;
    clearTimeout(timer);
    const said = `pallet ${args.join(" ")} ended with ${code}: ${err}`;
    for (const waiter of waiters) waiter.reject(new Error(`The event never came; ${said}`));
    if (late) throw new Error(`Took too long: ${said}`);
    return { status: code, events, err };
  };
  const finished = finish();
  finished.catch(() => {}); // whoever waits for it hears of it
  return {
    pid: process.pid,
    finished,
    until(fits) {
      const known = events.find(fits);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve, reject) => {
        if (over) reject(new Error("The run is over, and the event never came"));
        else waiters.add({ fits, resolve, reject });
      });
    },
    kill,
    async end() {
      kill("SIGKILL");
      await finished.catch(() => {});
    },
  };
}
