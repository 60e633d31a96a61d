import assert from "node:assert/strict";
import { has } from "../tests/support/needs.ts";
import { typed } from "./ask_secret.ts";

const missing = Deno.build.os !== "linux"
  ? "it needs Linux"
  : await has("script") && await has("stty")
  ? undefined
  : "it needs script and stty";
if (missing !== undefined) console.log(`Tests of hidden questions are ignored: ${missing}`);

function type(text: string): { text: string; end: string | undefined } {
  let line: ReturnType<typeof typed> = { bytes: [] };
  for (const byte of new TextEncoder().encode(text)) {
    if (line.end === undefined) line = typed(line.bytes, byte);
  }
  return { text: new TextDecoder().decode(new Uint8Array(line.bytes)), end: line.end };
}

Deno.test("typed() takes back whole letters, a whole line, and knows how a line ends", () => {
  assert.deepEqual(type("  a'b\"$\\ü%!\r"), { text: "  a'b\"$\\ü%!", end: "line" });
  assert.deepEqual(type("xü€\x7f\x7f\b\b\bok\n"), { text: "ok", end: "line" });
  assert.deepEqual(type("wrong\x15right\n"), { text: "right", end: "line" });
  assert.deepEqual(type("\x04"), { text: "", end: "left" });
  assert.deepEqual(type("x\x04"), { text: "x", end: "line" });
  assert.deepEqual(type("secret\x03more\n"), { text: "", end: "interrupt" });
  assert.deepEqual(type("half"), { text: "half", end: undefined });
});

const PROGRAM = `
  import { askOnTerminal } from ${JSON.stringify(new URL("ask_secret.ts", import.meta.url).href)};
  import { processTerminal } from ${JSON.stringify(new URL("terminal.ts", import.meta.url).href)};
  const kind = Deno.args[0];
  const answer = await askOnTerminal({ kind, text: "Say it: " }, processTerminal(true));
  console.log("answered " + JSON.stringify(answer));
  Deno.exit(0);
`;

/** Runs a question on a terminal of its own, with keys that are typed once it is asked; what the terminal showed. */
async function onTerminal(
  kind: string,
  keys: string,
  before = "",
): Promise<string> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/ask.ts`;
  await Deno.writeTextFile(path, PROGRAM);
  const config = new URL("../deno.json", import.meta.url).pathname;
  const run = `exec ${Deno.execPath()} run -A --no-check --config ${config} ${path} ${kind}`;
  const line = `${before} sh -c 'echo "pid $$"; ${run}'; echo "status $?"; stty -a </dev/tty`;
  const child = new Deno.Command("script", {
    args: ["-qec", line, "/dev/null"],
    env: { SHELL: "/bin/sh" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  let shown = "";
  let sent = false;
  try {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      shown += text;
      if (sent || !shown.includes("Say it: ")) continue;
      sent = true;
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (keys === "SIGTERM") Deno.kill(Number(/pid (\d+)/.exec(shown)?.[1]), keys);
      else await writer.write(new TextEncoder().encode(keys));
    }
    await child.status;
    return shown;
  } finally {
    clearTimeout(timer);
    await writer.close().catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "askOnTerminal() reads a secret without showing it, though standard input is something else",
  ignore: missing !== undefined,
  fn: async () => {
    const shown = await onTerminal("become-password", " p'w\"$ü\r", "exec </dev/null;");
    assert.match(shown, /answered " p'w\\"\$ü"/);
    assert.match(shown, /status 0/);
    assert.ok(!shown.split("answered")[0]?.includes("p'w"), shown);
    assert.match(shown, / echo /);
    assert.match(shown, / icanon /);
  },
});

Deno.test({
  name: "askOnTerminal() shows the answer to what is no secret",
  ignore: missing !== undefined,
  fn: async () => {
    assert.match(await onTerminal("host-key", "yes\r"), /Say it: yes\r\n[\s\S]*answered "yes"/);
  },
});

Deno.test({
  name: "askOnTerminal() leaves the terminal as it was when it is interrupted or ended",
  ignore: missing !== undefined,
  fn: async () => {
    const interrupted = await onTerminal("passphrase", "half\x03", "trap : INT;");
    assert.match(interrupted, / echo /);
    assert.match(interrupted, /status 130/);
    assert.ok(!interrupted.includes("half"), interrupted);
    const ended = await onTerminal("passphrase", "SIGTERM");
    assert.match(ended, / echo /);
    assert.match(ended, /answered undefined/);
  },
});

Deno.test({
  name: "askOnTerminal() asks nothing where there is no terminal",
  ignore: missing !== undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/ask.ts`, PROGRAM);
      const config = new URL("../deno.json", import.meta.url).pathname;
      const { stdout } = await new Deno.Command("setsid", {
        args: ["-w", Deno.execPath(), "run", "-A", "--no-check", "--config", config].concat(
          [`${folder}/ask.ts`, "passphrase"],
        ),
        stdin: "null",
      }).output();
      assert.equal(new TextDecoder().decode(stdout), "answered undefined\n");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
