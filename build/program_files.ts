import { dirname, join } from "node:path";

/** A file of the program, by its path with `/` between names. */
export interface ProgramFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Files below a folder, by their paths, in order. */
export async function filesBelow(folder: string, prefix = ""): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(join(folder, prefix))) {
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory) names.push(...await filesBelow(folder, `${name}/`));
    else if (entry.isFile) names.push(name);
  }
  return names.sort();
}

/** Files below a folder as files of the program. */
export async function readFiles(
  folder: string,
  names: readonly string[],
  prefix = "",
): Promise<readonly ProgramFile[]> {
  return await Promise.all(names.map(async (name) => ({
    name: `${prefix}${name}`,
    bytes: await Deno.readFile(join(folder, name)),
  })));
}

/** Puts files of a program where they belong below a folder. */
export async function writeProgram(folder: string, program: readonly ProgramFile[]): Promise<void> {
  for (const { name, bytes } of program) {
    const path = join(folder, name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(path, bytes);
  }
}
