// A stand-in for what `deno compile` makes, where no base runtime can be had: the same program, told the same.
import { join } from "node:path";
import { compiledOptions, isolation, permissions } from "../../build/options.ts";
import { bundleProgram } from "../../build/program.ts";
import { writeProgram } from "../../build/program_files.ts";

/**
 * Puts a program into a folder that takes itself for a compiled file: it starts itself for its children, has its
 * permissions for good, and takes no options of V8 from its environment.
 *
 * @returns its path
 */
export async function standIn(folder: string): Promise<string> {
  const program = join(folder, "program");
  await writeProgram(program, await bundleProgram());
  const path = join(folder, "pallet");
  await Deno.writeTextFile(
    join(folder, "compiled.js"),
    `Object.defineProperty(Deno, "build", { value: { ...Deno.build, standalone: true } });
Object.defineProperty(Deno, "execPath", { value: () => ${JSON.stringify(path)} });
`,
  );
  const options = [
    "run",
    ...isolation,
    ...compiledOptions,
    `--preload=${join(folder, "compiled.js")}`,
    ...permissions,
    join(program, "main.js"),
  ];
  const words = [Deno.execPath(), ...options].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const script = `#!/bin/sh\nunset DENO_V8_FLAGS\nexport DENO_DIR='${join(folder, "deno")}'\nexec ${
    words.join(" ")
  } "$@"\n`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return path;
}
