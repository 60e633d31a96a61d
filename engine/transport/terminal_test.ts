// Shells on the user's terminal: in a process of their own, whose input and output the test holds.
import assert from "node:assert/strict";
import { has } from "../../tests/support/needs.ts";
import { sshdMissing, type TestRoute, withSshd } from "../../tests/support/sshd.ts";

const missing = await sshdMissing() ?? (await has("script") ? undefined : "it needs script");
if (missing !== undefined) console.log(`Tests of shells are ignored: ${missing}`);

const MOD = new URL("mod.ts", import.meta.url).href;

/** A program that gives its terminal to a shell and ends with its status. */
async function program(folder: string, route: TestRoute, command: readonly string[]): Promise<string[]> {
  const path = `${folder}/${crypto.randomUUID()}.ts`;
  const options = { stateDir: folder, agentSocket: "" };
  await Deno.writeTextFile(
    path,
    `import { makeTransport } from ${JSON.stringify(MOD)};
    const transport = makeTransport(${JSON.stringify(options)});
    Deno.exit(await transport.shell(${JSON.stringify(route)}, ${JSON.stringify(command)}));`,
  );
  return ["run", "-A", "--no-check", "--config", new URL("../../deno.json", import.meta.url).pathname, path];
}

/** Runs a program with an input, or with one that stays open and says nothing. */
async function run(
  command: string,
  args: readonly string[],
  input?: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = new Deno.Command(command, {
    args: [...args],
    env: { TERM: "xterm-test", SHELL: "/bin/sh" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  if (input !== undefined) {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  const [{ code }, stdout, stderr] = await Promise.all([
    child.status,
    new Response(child.stdout).bytes(),
    new Response(child.stderr).bytes(),
  ]);
  if (input === undefined) await writer.close().catch(() => undefined); // its reader is gone
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test({
  name: "shell() passes bytes, arguments and the exit status, with and without a terminal",
  ignore: missing !== undefined,
  fn: () =>
    withSshd({}, async (sshd) => {
      const folder = await Deno.makeTempDir();
      const deno = Deno.execPath();
      try {
        // Without a terminal: input to its end, both outputs, the status.
        const script = 'cat; printf "<%s>" "$@"; echo oops >&2; test ! -t 0 && exit 7';
        const words = ["bash", "-c", script, "name", "a b", "it's", "$HOME", ""];
        const plain = await run(deno, await program(folder, sshd.route(), words), "in put\n");
        assert.deepEqual(plain, { code: 7, stdout: "in put\n<a b><it's><$HOME><>", stderr: "oops\n" });

        // A shell, without a terminal.
        const shell = await run(
          deno,
          await program(folder, sshd.route({ user: "admin" }), []),
          "id -un\nexit 3\n",
        );
        assert.deepEqual([shell.code, shell.stdout], [3, "admin\n"]);

        // With a terminal: one of the same size and kind on the node.
        const asked = await program(folder, sshd.route(), ["sh", "-c", "stty size; echo $TERM; tty; exit 5"]);
        const inner = `stty rows 33 cols 77; ${[deno, ...asked].map((word) => `'${word}'`).join(" ")}`;
        // Its input stays open: at its end `script` types a NUL, which the terminal would echo anywhere.
        const tty = await run("script", ["-qec", inner, "/dev/null"]);
        assert.equal(tty.code, 5, tty.stdout);
        assert.match(tty.stdout, /33 77\r*\nxterm-test\r*\n\/dev\/pts\/\d+/);

        // Fault 6: killed, and cut off.
        const killed = await run(deno, await program(folder, sshd.route(), ["sh", "-c", "kill -9 $$"]), "");
        assert.equal(killed.code, 1);
        assert.match(killed.stderr, /The command on node-1 \(\S+\) was ended by SIGKILL/);
        const lost = await run(deno, await program(folder, sshd.route(), ["sh", "-c", "kill -9 $PPID"]), "");
        assert.match(lost.stderr, /Lost the connection to node-1/);
        assert.notEqual(lost.code, 0);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }),
});

Deno.test({
  name: "shell() on this machine gives the command's exit status",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { makeTransport } = await import("./mod.ts");
    const transport = makeTransport({ stateDir: "/nonexistent" });
    assert.equal(await transport.shell({ kind: "local" }, ["sh", "-c", "exit 4"]), 4);
    await assert.rejects(transport.shell({ kind: "local" }, ["no-such-program-here"]), /Cannot run "no-such/);
    await transport.close();
  },
});
