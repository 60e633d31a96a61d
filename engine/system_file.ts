/**
 * Text of a file that the kernel makes up, below `/proc` or `/sys`. The executable has no permission to load foreign
 * code, and without that one Deno refuses these files, whatever may be read: then `cat` reads them.
 *
 * @throws {Error} when there is no such file, or it cannot be read.
 *
 * @example
 * ```ts
 * import { readSystemFile } from "./system_file.ts";
 *
 * if (Deno.build.os === "linux") {
 *   console.assert((await readSystemFile("/proc/self/mounts")).includes(" / "));
 * }
 * ```
 */
export async function readSystemFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
  return textOf(await cat(path).output());
}

/** {@linkcode readSystemFile} at once, for whoever cannot wait. */
export function readSystemFileSync(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
  return textOf(cat(path).outputSync());
}

function cat(path: string): Deno.Command {
  return new Deno.Command("cat", { args: [path], stdin: "null" });
}

function textOf({ success, stdout, stderr }: Deno.CommandOutput): string {
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr).trim());
  return decoder.decode(stdout);
}
