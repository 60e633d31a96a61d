// Timing of whole processes, and what is printed of it.

/** Milliseconds that work took, by the wall clock. */
export async function time(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Ends the benchmark when a process does not succeed: a failed run has no time. */
export async function mustRun(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { success, stderr, stdout } = await new Deno.Command(program, { args: [...args], cwd }).output();
  if (success) return;
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  throw new Error(
    `${program} ${args.slice(0, 4).join(" ")} ... failed:\n${decode(stdout)}\n${decode(stderr)}`,
  );
}

/** Rows as a table of fixed columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
    .join("\n");
}
