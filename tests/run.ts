// `deno task test`: brings what the tests need, then format, lint, types and all tests; one line at the end counts.
import pLimit from "p-limit";
import { jobs, tested } from "./support/jobs.ts";
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

interface Outcome extends Counts {
  readonly success: boolean;
}

/** Runs tests in a process of their own; their output is told whole when they end. */
async function runTests(paths: readonly string[]): Promise<Outcome> {
  const args = ["test", "-A", "--doc", "--no-check", ...paths];
  const began = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  console.log(`\n== tests: deno ${args.join(" ")}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  await Deno.stdout.write(stdout);
  await Deno.stderr.write(stderr);
  const tail = new TextDecoder().decode(stdout.slice(-4096));
  const count = (word: string): number =>
    Number([...tail.matchAll(new RegExp(`(\\d+) ${word}`, "g"))].at(-1)?.[1] ?? 0);
  return { success, passed: count("passed"), failed: count("failed"), ignored: count("ignored") };
}

await install();
const steps = [
  await run("format", ["fmt", "--check"]),
  await run("lint", ["lint"]),
  await run("types", ["check", "--doc", ...TESTED, "main.ts", "build", "bench"]),
  await run("executable", ["task", "compile"]),
];
// More than there are cores: tests on nodes wait most of their time.
const limit = pLimit(navigator.hardwareConcurrency + 2);
const tests = await limit.map(jobs(await tested(ROOT, TESTED)), (paths) => runTests(paths));
const sum = (of: (one: Outcome) => number) => tests.reduce((total, one) => total + of(one), 0);
const failedSteps = steps.filter((ok) => !ok).length;
const broken = tests.filter((one) => one.failed === 0 && !one.success).length;
console.log(
  `\n${sum((one) => one.passed)} passed, ${sum((one) => one.failed) + failedSteps + broken} failed, ${
    sum((one) => one.ignored)
  } skipped`,
);
Deno.exit(failedSteps === 0 && tests.every((one) => one.success) ? 0 : 1);
