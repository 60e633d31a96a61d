import type { Terminal } from "./terminal.ts";

/** Asks for a yes; anything else, and the end of input, is a no. */
export async function ask(question: string, terminal: Terminal): Promise<boolean> {
  terminal.err.write(`${terminal.err.paint.bold(question)} [y/N] `);
  const answer = await terminal.readLine();
  if (answer === undefined) terminal.err.write("\n");
  return /^\s*y(es)?\s*$/i.test(answer ?? "");
}
