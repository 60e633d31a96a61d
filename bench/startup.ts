// What a start of the executable costs, and which of its modules it evaluates: `deno run -A bench/startup.ts [FILE]`.
import { fileURLToPath } from "node:url";
import { table, time } from "./measure.ts";

const EXECUTABLE = fileURLToPath(new URL("../dist/pallet", import.meta.url));
/** Where the commands are run. */
const PROJECT = fileURLToPath(new URL("../examples/web-and-db/", import.meta.url));

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
  cwd = Deno.cwd(),
): Promise<Startup> {
  const loop = 'n=$1; shift; for ((i = 0; i < n; i++)); do "$@" >/dev/null || exit; done; times';
  const began = performance.now();
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", loop, "startup", String(rounds), file, ...args],
    stdin: "null",
    cwd,
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
  cwd = Deno.cwd(),
): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  try {
    // Deno then writes down which functions of which modules have run.
    await new Deno.Command(file, {
      args: [...args],
      env: { ...env, DENO_COVERAGE_DIR: folder },
      cwd,
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

/** Milliseconds of processor time that `pallet --version` may take after the first start. */
const LIMIT = 60;

/** Milliseconds of a first start, which unpacks. */
async function firstStart(file: string): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    return await time(async () => {
      const { success } = await new Deno.Command(file, {
        args: ["--version"],
        env: { XDG_CACHE_HOME: folder },
        stdin: "null",
        stdout: "null",
      }).output();
      if (!success) throw new Error(`${file} --version failed in an empty cache`);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Which kind of executable a file is, how large, and how long its first start takes. */
async function describe(file: string): Promise<string> {
  const { size } = await Deno.stat(file);
  const head = new TextDecoder().decode((await Deno.readFile(file)).subarray(0, 9));
  const kind = head === "#!/bin/sh" ? "self-extracting" : "by deno compile";
  const first = await firstStart(file);
  return `${file}: ${kind}, ${(size / 1e6).toFixed(1)} MB, first start ${(first / 1000).toFixed(2)} s`;
}

/** What a file is, and a table of what common first commands cost. */
export async function startupTable(file: string = EXECUTABLE): Promise<string> {
  const rows: (readonly string[])[] = [["command", "CPU", "wall", "packages evaluated"]];
  const notes: string[] = [];
  for (const args of [["--version"], ["--help"], ["services"], ["explain", "web", "--os", "debian-12"]]) {
    await measureStartup(file, args, 2, PROJECT); // unpacked, and V8's code is kept
    const { cpu, wall } = await measureStartup(file, args, 20, PROJECT);
    const packages = packagesIn(await evaluatedModules(file, args, {}, PROJECT));
    rows.push([
      args.join(" "),
      `${cpu.toFixed(0)} ms`,
      `${wall.toFixed(0)} ms`,
      packages.join(" ") || "none",
    ]);
    if (args[0] === "--version" && cpu > LIMIT) {
      notes.push(`--version takes ${cpu.toFixed(0)} ms of CPU: more than the ${LIMIT} ms that it may.`);
    }
    const aws = packages.filter((name) => name.startsWith("@aws-sdk/"));
    if (aws.length > 0) notes.push(`${args.join(" ")} evaluates ${aws.join(", ")}, which only EC2 is for.`);
  }
  return [await describe(file), table(rows), ...notes].join("\n");
}

if (import.meta.main) console.log(await startupTable(Deno.args[0]));
