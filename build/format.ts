import { ROOT } from "./run.ts";

/**
 * A text as `deno fmt` has it, by the checkout's settings. `extension` says what it is: `ts`, `md`.
 *
 * @throws {Error} when it cannot be read as that.
 */
export async function formatted(text: string, extension: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", extension, "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`Cannot format what was made: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
