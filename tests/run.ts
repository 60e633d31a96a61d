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

/** Passes the test runner's output on as it comes, and reads the counts from its last line. */
async function runTests(args: readonly string[]): Promise<Counts & { readonly success: boolean }> {
  console.log(`\n== tests: deno ${args.join(" ")}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdout: "piped",
    env: { NO_COLOR: "1" },
  })
    .spawn();
  let tail = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    await Deno.stdout.write(new TextEncoder().encode(chunk));
    tail = (tail + chunk).slice(-4096);
  }
  const { success } = await child.status;
  const count = (word: string): number =>
    Number([...tail.matchAll(new RegExp(`(\\d+) ${word}`, "g"))].at(-1)?.[1] ?? 0);
  return { success, passed: count("passed"), failed: count("failed"), ignored: count("ignored") };
}

/** Folders of {@linkcode TESTED} that exist in this checkout. */
async function present(): Promise<readonly string[]> {
  const found = await Promise.all(
    TESTED.map((path) => Deno.stat(`${ROOT}${path}`).then(() => [path], () => [])),
  );
  return found.flat();
}

await install();
const paths = await present();
const steps = [
  await run("format", ["fmt", "--check"]),
  await run("lint", ["lint"]),
  await run("types", ["check", "--doc", ...paths, "main.ts", "build", "bench"]),
];
const tests = await runTests(["test", "-A", "--doc", "--no-check", ...paths]);
const failedSteps = steps.filter((ok) => !ok).length;
const broken = tests.failed === 0 && !tests.success ? 1 : 0;
console.log(
  `\n${tests.passed} passed, ${tests.failed + failedSteps + broken} failed, ${tests.ignored} skipped`,
);
Deno.exit(failedSteps === 0 && tests.success ? 0 : 1);
