// Runs the command line in this process: what is tried many times, and needs no process of its own.
import { main } from "../../cli/main.ts";
import { type Output, paintFor } from "../../cli/terminal.ts";
import type { Outcome, ProcessOptions } from "./process.ts";

/** Runs that are under way: they share the variables of this process. */
let running = 0;
let before: Readonly<Record<string, string | undefined>> = {};

function output(): { readonly output: Output; readonly text: () => string } {
  let text = "";
  const size = () => ({ columns: 120, rows: 40 });
  return {
    output: { write: (more) => void (text += more), terminal: false, paint: paintFor(false), size },
    text: () => text,
  };
}

function enter(env: Readonly<Record<string, string>>): void {
  if (running++ > 0) return;
  before = Object.fromEntries(Object.keys(env).map((name) => [name, Deno.env.get(name)]));
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
}

function leave(): void {
  if (--running > 0) return;
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) Deno.env.delete(name);
    else Deno.env.set(name, value);
  }
}

/**
 * Runs `pallet` with no terminal, no input and no configuration of the user. Runs at the same time must have the same
 * variables.
 */
export async function inProcess(
  args: readonly string[],
  options: Pick<ProcessOptions, "env"> & { readonly cwd: string },
): Promise<Outcome> {
  const [out, err] = [output(), output()];
  enter({ XDG_CONFIG_HOME: "/nonexistent", ...options.env });
  try {
    const status = await main(args, {
      out: out.output,
      err: err.output,
      cwd: options.cwd,
      interactive: false,
      env: (name) => Deno.env.get(name),
      readLine: () => Promise.resolve(undefined),
      onSignal: () => () => {},
    });
    return { status, out: out.text(), err: err.text() };
  } finally {
    leave();
  }
}
