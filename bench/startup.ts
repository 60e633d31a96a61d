// What a start of the executable costs, and which of its modules it evaluates: `deno run -A bench/startup.ts [FILE]`.
import { fileURLToPath } from "node:url";
import { table } from "./measure.ts";

const EXECUTABLE = fileURLToPath(new URL("../dist/pallet", import.meta.url));

/** A command of the executable, started again and again. */
export interface Startup {
  /** Milliseconds of processor time, one start: the program and all that it starts. */
  readonly cpu: number;
  /** Milliseconds until it ended. */
  readonly wall: number;
}

/** Starts a command of an executable some times, one after the other, and takes the mean. */
export async function measureStartup(
  file: string = EXECUTABLE,
  args: readonly string[] = ["--version"],
  rounds = 20,
): Promise<Startup> {
  const loop = 'n=$1; shift; for ((i = 0; i < n; i++)); do "$@" >/dev/null || exit; done; times';
  const began = performance.now();
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", loop, "startup", String(rounds), file, ...args],
    stdin: "null",
  }).output();
  const wall = (performance.now() - began) / rounds;
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${file} ${args.join(" ")} failed:\n${decoder.decode(stderr)}`);
  // The second line is of the processes that bash has waited for: user and system.
  const times = [...(decoder.decode(stdout).split("\n")[1] ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  const seconds = times.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  return { cpu: seconds * 1000 / rounds, wall };
}

/** Texts of the modules of a self-extracting file that a command evaluates. */
export async function evaluatedModules(
  file: string = EXECUTABLE,
  args: readonly string[] = ["--version"],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  try {
    // Deno then writes down which functions of which modules have run.
    await new Deno.Command(file, {
      args: [...args],
      env: { ...env, DENO_COVERAGE_DIR: folder },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    const modules: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      const { url } = JSON.parse(await Deno.readTextFile(`${folder}/${name}`));
      modules.push(await Deno.readTextFile(fileURLToPath(url)));
    }
    return modules;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names of the npm packages that are part of modules. */
export function packagesIn(modules: readonly string[]): readonly string[] {
  const names = modules.flatMap((text) =>
    [...text.matchAll(/npm:((?:@[\w.-]+\/)?[\w.-]+)\/\d+\./g)].map((match) => match[1] ?? "")
  );
  return [...new Set(names)].sort();
}

/** A table of what common first commands cost. */
export async function startupTable(file: string = EXECUTABLE): Promise<string> {
  const rows: (readonly string[])[] = [["command", "CPU", "wall", "packages evaluated"]];
  for (const args of [["--version"], ["--help"], ["services"]]) {
    await measureStartup(file, args, 2); // unpacked, and V8's code is kept
    const { cpu, wall } = await measureStartup(file, args);
    const packages = packagesIn(await evaluatedModules(file, args));
    rows.push([
      args.join(" "),
      `${cpu.toFixed(0)} ms`,
      `${wall.toFixed(0)} ms`,
      packages.join(" ") || "none",
    ]);
  }
  return table(rows);
}

if (import.meta.main) console.log(await startupTable(Deno.args[0]));
