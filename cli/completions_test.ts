import assert from "node:assert/strict";
import { has } from "../tests/support/needs.ts";
import { pallet } from "../tests/support/process.ts";

async function completions(shell: string): Promise<string> {
  const { status, out, err } = await pallet(["completions", shell]);
  assert.equal(status, 0, err);
  return out;
}

async function run(program: string, args: readonly string[], text: string): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assert.equal(success, true, decoder.decode(stderr));
  return decoder.decode(stdout);
}

/** What bash offers for words of a command line, the last of which is being typed. */
async function offered(script: string, ...words: readonly string[]): Promise<readonly string[]> {
  const line = words.map((word) => `'${word}'`).join(" ");
  const out = await run(
    "bash",
    ["--norc", "-s"],
    `${script}
COMP_WORDS=(${line})
COMP_CWORD=${words.length - 1}
_pallet 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"
`,
  );
  return out.trim().split("\n");
}

Deno.test("completions for bash offer commands, options of the command, and choices", async () => {
  const script = await completions("bash");
  assert.deepEqual(await offered(script, "pallet", "con"), ["converge", "config"]);
  assert.deepEqual(await offered(script, "pallet", "--infra", "x.ts", "des"), ["destroy"]);
  assert.deepEqual(await offered(script, "pallet", "plan", "--det"), ["--detailed-exitcode"]);
  assert.deepEqual(await offered(script, "pallet", "nodes", "--det"), [""]);
  assert.deepEqual(await offered(script, "pallet", "lift", "--private"), ["--private-key"]);
  assert.deepEqual(await offered(script, "pallet", "nodes", "--private"), [""], "it means nothing to nodes");
  assert.deepEqual(await offered(script, "pallet", "schedule", "run", "--se"), [""]);
  assert.deepEqual(await offered(script, "pallet", "nodes", "--reporter", "p"), ["plain"]);
  assert.deepEqual(await offered(script, "pallet", "nodes", "--reporter", "=", "js"), ["jsonl"]);
  assert.deepEqual(await offered(script, "pallet", "nodes", "--reporter", "="), [
    "tty",
    "plain",
    "jsonl",
    "junit",
    "html",
    "github-actions",
    "none",
  ]);
  assert.deepEqual(await offered(script, "pallet", "completions", ""), ["bash", "zsh", "fish"]);
  assert.deepEqual(await offered(script, "pallet", "help", "conv"), ["converge"]);
  assert.deepEqual(await offered(script, "pallet", "crate", "ve"), ["verify", "vendor"]);
  assert.deepEqual(await offered(script, "pallet", "crate", "--offline", "update", "--dr"), ["--dry-run"]);
  assert.deepEqual(await offered(script, "pallet", "crate", "list", "--dr"), [""]);
  assert.deepEqual(await offered(script, "pallet", "exec", "conv"), [""]);
});

Deno.test("completions for bash offer files and folders where they belong", async () => {
  const script = await completions("bash");
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/ops one.ts`, "");
    await Deno.mkdir(`${folder}/opsfolder`);
    const files = await offered(script, "pallet", "plan", "--infra", `${folder}/ops`);
    assert.deepEqual(files.toSorted(), [`${folder}/ops one.ts`, `${folder}/opsfolder`]);
    assert.deepEqual(await offered(script, "pallet", "init", `${folder}/ops`), [`${folder}/opsfolder`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("completions name every command and option in every shell", async () => {
  const help = (await pallet(["help"])).out;
  const names = [...help.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((match) => match[1] ?? "");
  assert.ok(names.length > 10);
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = await completions(shell);
    for (const name of [...names, "detailed-exitcode", "accept-new-host-keys"]) {
      assert.match(script, new RegExp(`\\b${name}\\b`), `${name} for ${shell}`);
    }
  }
});

Deno.test("completions of a shell that is not known are an error that names the known ones", async () => {
  const { status, out, err } = await pallet(["completions", "fsh"]);
  assert.deepEqual([status, out], [2, ""]);
  assert.match(
    err,
    /There are no completions for "fsh"\. Did you mean "zsh"\?\nhelp: Shells: bash, zsh, fish\./,
  );
});

const checks: readonly (readonly [program: string, shell: string, args: readonly string[]])[] = [
  ["shellcheck", "bash", ["--shell=bash", "-"]],
  ["zsh", "zsh", ["-n", "/dev/stdin"]],
  ["fish", "fish", ["--no-execute", "/dev/stdin"]],
];
for (const [program, shell, args] of checks) {
  const missing = !await has(program);
  if (missing) {
    console.log(`ignored: completions for ${shell} are not checked by ${program}, which is not here`);
  }
  Deno.test({
    name: `completions for ${shell} pass ${program}`,
    ignore: missing,
    fn: async () => void await run(program, args, await completions(shell)),
  });
}
