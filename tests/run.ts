// `deno task test`: brings what the tests need, then format, lint, types and all tests; one line at the end counts.
import { install } from "./support/needs.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const TESTED = ["engine", "cli", "providers", "crates", "plugins", "examples", "tests", "docs", "README.md"];

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

async function run(title: string, args: readonly string[]): Promise<boolean> {
  console.log(`\n== ${title}: deno ${args.join(" ")}`);
  const { success } = await new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT }).output()
    .then(async ({ success, stdout, stderr }) => {
      await Deno.stdout.write(stdout);
      await Deno.stderr.write(stderr);
      return { success };
    });
  return success;
}

interface Tested extends Counts {
  readonly success: boolean;
}

/** Runs tests, with their output handed on as it comes or, when others are at work beside them, at their end. */
async function runTests(args: readonly string[], turn: Promise<unknown>): Promise<Tested> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdout: "piped",
    stderr: "inherit",
    env: { NO_COLOR: "1" },
  })
    .spawn();
  let mine = false;
  void turn.then(() => mine = true);
  let held = `\n== tests: deno ${args.join(" ")}\n`;
  let tail = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    held += chunk;
    tail = (tail + chunk).slice(-4096);
    if (!mine) continue;
    await Deno.stdout.write(new TextEncoder().encode(held));
    held = "";
  }
  const { success } = await child.status;
  await turn;
  await Deno.stdout.write(new TextEncoder().encode(held));
  const count = (word: string): number =>
    Number([...tail.matchAll(new RegExp(`(\\d+) ${word}`, "g"))].at(-1)?.[1] ?? 0);
  return { success, passed: count("passed"), failed: count("failed"), ignored: count("ignored") };
}

/** Folders of {@linkcode TESTED} that exist in this checkout; of what crosses folders each file. */
async function present(): Promise<readonly string[]> {
  const found = await Promise.all(
    TESTED.map((path) => Deno.stat(`${ROOT}${path}`).then(() => [path], () => [])),
  );
  const files = await Array.fromAsync(Deno.readDir(`${ROOT}tests`), ({ name }) => `tests/${name}`);
  const tests = files.filter((path) => path.endsWith("_test.ts")).sort();
  return found.flat().flatMap((path) => path === "tests" ? [...tests, "tests/support"] : [path]);
}

await install();
const paths = await present();
const steps = [
  await run("format", ["fmt", "--check"]),
  await run("lint", ["lint"]),
  await run("types", ["check", "--doc", ...paths, "main.ts", "build", "bench"]),
];
const test = (folders: readonly string[], turn: Promise<unknown>) =>
  runTests(["test", "-A", "--doc", "--no-check", ...folders], turn);
// Three at a time: what crosses folders waits for nodes most of its time.
const ofProviders = (path: string) =>
  /^(?:providers|crates|examples|tests\/(?:ec2|virtualbox).*)$/.test(path);
const across = (path: string) => path.startsWith("tests/") && !ofProviders(path);
const first = test(paths.filter((path) => !across(path) && !ofProviders(path)), Promise.resolve());
const second = test(paths.filter(across), first);
const third = test(paths.filter(ofProviders), second);
const tests = await Promise.all([first, second, third]);
const sum = (of: (one: Tested) => number) => tests.reduce((total, one) => total + of(one), 0);
const failedSteps = steps.filter((ok) => !ok).length;
const broken = tests.filter((one) => one.failed === 0 && !one.success).length;
console.log(
  `\n${sum((one) => one.passed)} passed, ${sum((one) => one.failed) + failedSteps + broken} failed, ${
    sum((one) => one.ignored)
  } skipped`,
);
Deno.exit(failedSteps === 0 && tests.every((one) => one.success) ? 0 : 1);
