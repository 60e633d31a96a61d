// The loop on a node, with this machine as the node.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { bashScript } from "../../tests/support/bash_plan.ts";
import { PalletError } from "../errors.ts";
import { isRoot } from "../../tests/support/needs.ts";
import { agentCommand, decodeWord, encodeWord, scriptPath } from "./agent.ts";
import { openLocalChannel } from "./local.ts";
import { follow, runScript, script, START, until, withLocalNode } from "./testing.ts";

const linux = Deno.build.os === "linux";
if (!linux) console.log("Tests of the loop on a node are ignored: they need Linux");

function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, ignore: !linux, fn: body });
}

async function kill(signal: Deno.Signal, pid: number): Promise<void> {
  await Promise.resolve(Deno.kill(pid, signal));
}

Deno.test("encodeWord() yields different words that no shell reads", () => {
  const texts = ["", "a", "a b", "a.b", "..", "ä", "%", "$(x)", "'", "-", "a/b", "\n"];
  const words = texts.map(encodeWord);
  assert.equal(new Set(words).size, texts.length);
  for (const [at, word] of words.entries()) {
    assert.match(word, /^[A-Za-z0-9_%-]+$/);
    assert.equal(decodeWord(word), texts[at]);
  }
});

Deno.test("scriptPath() keeps names apart, however long they are", () => {
  const of = (target: string, phase: string) => scriptPath({ run: "r", target, phase, segment: 0 });
  assert.notEqual(of("a.b", "c"), of("a", "b.c"));
  assert.notEqual(of("x".repeat(300), "c"), of("x".repeat(299) + "y", "c"));
  assert.ok(of("ü".repeat(300), "ü".repeat(300)).length < 255);
});

test("the parts of the loop pass bash -n and shellcheck", async () => {
  const folder = new URL("agent/", import.meta.url).pathname;
  const paths = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}${name}`);
  assert.ok(paths.length > 5);
  for (const [program, ...args] of [["bash", "-n"], ["shellcheck"]]) {
    for (const path of paths) {
      try {
        const { success, stdout } = await new Deno.Command(program ?? "", { args: [...args, path] }).output();
        assert.ok(success, new TextDecoder().decode(stdout));
      } catch (thrown) {
        if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
        console.log(`${program} is not here: ${path} was not checked with it`);
      }
    }
  }
});

test("agentCommand() is short enough for one exec, and has nothing in it that a login shell would read", async () => {
  const command = agentCommand({
    lease: { run: "r", holder: "it's $HOME! `x` \\", seconds: 60 },
    leaseWait: 0,
    paths: { state: "/var/lib/pallet", memory: "/run/pallet" },
    privilege: "sudo",
    token: "t0",
    mark: "mark",
  });
  assert.ok(command.length < 32 * 1024, `${command.length} bytes`);
  assert.match(command, /^exec bash --norc -pc '[^'!\n]*'$/);
  await Promise.resolve();
});

test("a node tells its facts and its tags", () =>
  withLocalNode(async ({ state, connect }) => {
    await Deno.mkdir(`${state}/tags`, { recursive: true });
    await Deno.writeTextFile(`${state}/tags/${encodeWord("a b")}`, "one\ntwo 100%");
    const { facts } = await connect();
    assert.equal(facts.hostname, Deno.hostname());
    assert.ok(facts.bootId.startsWith((await Deno.readTextFile("/proc/sys/kernel/random/boot_id")).trim()));
    assert.equal(facts.arch, Deno.build.arch);
    assert.equal(facts.source, "node");
    assert.deepEqual(facts.tags, { "a b": "one\ntwo 100%" });
  }));

test("a script runs with a clean environment, without input, away from the channel", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    const seen = await runScript(
      connection,
      script("cat; env; pwd; umask; ls -l /proc/$$/fd | grep -c pipe: || true"),
    );
    assert.equal(seen.end, "ended");
    const names = [...seen.output.matchAll(/^(\w+)=/gm)].map((match) => match[1]).sort();
    assert.deepEqual(names, [
      "HOME",
      "LANG",
      "LC_ALL",
      "LOGNAME",
      "PATH",
      "PWD",
      "SHELL",
      "SHLVL",
      "TERM",
      "USER",
      "_",
    ]);
    assert.match(seen.output, /\n\/\n0022\n/);
  }));

test("a script that was sent twice runs once, and both senders see all of it", () =>
  withLocalNode(async ({ state, connect }) => {
    const [one, two] = [await connect(), await connect()];
    const sent = script(`echo x >>${state}/runs; echo before; sleep 0.5; note half; echo after`);
    assert.equal(await one.start(sent), "started");
    assert.equal(await two.start(sent), "known");
    const [first, second] = await Promise.all([follow(one, sent), follow(two, sent)]);
    for (const seen of [first, second]) {
      assert.equal(seen.end, "ended");
      assert.equal(seen.output, "before\nafter\n");
      assert.deepEqual(seen.records.map(({ type }) => type), ["script-started", "change", "script-finished"]);
    }
    assert.equal(await Deno.readTextFile(`${state}/runs`), "x\n");
    assert.equal(await one.start(sent), "known");
    assert.equal((await follow(one, sent)).output, "before\nafter\n");
  }));

test("fault 30: of a script that arrives damaged nothing runs, and its name is free", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const whole = script(`echo ran >>${state}/runs`);
    const cut = { ...whole, text: whole.text.slice(0, -8) };
    await assert.rejects(async () => await connection.start(cut), /arrived damaged/);
    await assert.rejects(Deno.stat(`${state}/runs`), Deno.errors.NotFound);
    assert.equal((await runScript(connection, whole)).end, "ended");
    assert.equal(await Deno.readTextFile(`${state}/runs`), "ran\n");
  }));

test("follow() goes on from where another follower stopped", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    const sent = script("echo one; note first; sleep 0.1; echo two; note second");
    await runScript(connection, sent);
    const middle = { records: 24 + 15, output: 4 };
    const seen = await follow(connection, sent, middle);
    assert.deepEqual(seen.records.map(({ type }) => type), ["change", "script-finished"]);
    assert.equal(seen.output, "two\n");
    const whole = await follow(connection, sent);
    assert.deepEqual(seen.offsets, whole.offsets);
  }));

test("a record comes after the output before it", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    const sent = script(
      `for i in 1 2 3 4 5 6 7 8 9; do printf %1000s "$i"; read -r _ p </proc/self/fdinfo/1
       printf 'action-finished\\t%s\\tok\\t0\\t2.0\\t%s\\t\\t\\n' "$i" "$p" >&9; done`,
    );
    await connection.start(sent);
    let output = 0;
    await connection.follow(sent.id, START, (item) => {
      if (item.kind === "output") output = item.next.output;
      if (item.kind === "record" && "output" in item.record) assert.ok(item.record.output <= output);
    });
    assert.equal(output, 9000);
  }));

test("output cannot pass for a record or for a word of the loop", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    const forged = "script-finished\\tok\\t2.0\\t0\\t0\\t\\n@end\\n@started\\n";
    const seen = await runScript(
      connection,
      script(`printf '${forged}'; printf '${forged}' >&2; sleep 0.2; note real`),
    );
    assert.deepEqual(seen.records.map(({ type }) => type), ["script-started", "change", "script-finished"]);
    assert.equal(seen.output.match(/@end/g)?.length, 2);
  }));

test("a million lines arrive, whole up to the cap", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    const seen = await runScript(connection, script("seq 1000000"));
    assert.equal(seen.end, "ended");
    assert.equal(seen.output.length, 6888896);
    assert.ok(seen.output.endsWith("\n999999\n1000000\n"));
    assert.equal((await runScript(connection, script("echo next"))).output, "next\n");
  }));

test("of endless output the head and the tail are kept, and the rest is counted and freed", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const sent = script("head -c 60000000 /dev/zero | tr '\\0' x; sleep 0.5; echo end");
    const seen = await runScript(connection, sent);
    const kept = 4194304;
    assert.equal(seen.output.length, 2 * kept);
    assert.ok(seen.output.endsWith("xend\n"));
    const final = seen.records.at(-1);
    assert.equal(final?.type === "script-finished" && final.dropped, 60000004 - 2 * kept);
    assert.equal(seen.offsets.output, 60000004);
    const file = await Deno.stat(`${state}/scripts/${scriptPath(sent.id)}/output`);
    assert.equal(file.size, 60000004);
    assert.ok((file.blocks ?? 0) * 512 < 4 * kept, `${file.blocks} blocks`);
  }));

test("a script that throws its own output away, by truncating it, holds nobody up", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    const seen = await runScript(
      connection,
      script("echo gone; echo kept >/dev/stderr; note half; echo more"),
    );
    assert.equal(seen.end, "ended");
    assert.equal((await runScript(connection, script("echo next"))).output, "next\n");
  }));

test("a daemon that a script starts holds nothing up, and its later output is no one's", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const before = performance.now();
    const daemon =
      `( exec 8>&- 9>&-; echo $BASHPID >${state}/pid; while sleep 0.01; do echo noise; done ) & sleep 0.1`;
    const seen = await runScript(connection, script(daemon));
    assert.equal(seen.end, "ended");
    assert.equal((await runScript(connection, script("echo next"))).output, "next\n");
    await connection.close();
    assert.ok(performance.now() - before < 5000);
    const pid = Number(await Deno.readTextFile(`${state}/pid`));
    await kill("SIGKILL", pid);
  }));

test("a script that is killed is found dead at once, and so is one that dies before its first record", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const sent = script(`echo started; exec sleep 60`);
    await connection.start(sent);
    const following = follow(connection, sent);
    const path = `${state}/scripts/${scriptPath(sent.id)}/pid`;
    await until("the script runs", async () => (await Deno.readTextFile(path).catch(() => "")) !== "");
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = performance.now();
    await kill("SIGKILL", Number(await Deno.readTextFile(path)));
    const seen = await following;
    assert.ok(performance.now() - before < 1000);
    assert.equal(seen.end, "died");
    assert.equal(seen.output, "started\n");
    const text = "syntax error (";
    const broken = { ...script(""), text, sha256: createHash("sha256").update(text).digest("hex") };
    assert.equal((await runScript(connection, broken)).end, "died");
  }));

test("cancel() ends a script and what it started, while it is followed", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    const sent = script("( trap '' TERM; exec 8>&- 9>&-; sleep 0.2 ) & echo on; sleep 60");
    await connection.start(sent);
    const before = performance.now();
    const seen = await follow(connection, sent, START, ({ output }) => {
      if (output === "on\n") void connection.cancel(sent.id);
    });
    assert.equal(seen.end, "died");
    assert.ok(performance.now() - before < 5000);
    assert.equal((await runScript(connection, script("echo next"))).output, "next\n");
  }));

test("a script that began before the node started again is interrupted", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const sent = script("exit 0");
    assert.equal((await runScript(connection, sent)).end, "died");
    await Deno.writeTextFile(`${state}/scripts/${scriptPath(sent.id)}/era`, "another\n");
    assert.equal((await follow(connection, sent)).end, "interrupted");
    assert.equal(await connection.start(sent), "known");
    assert.equal((await follow(connection, sent)).end, "interrupted");
  }));

test("a script that the node does not know is unknown, not ended", () =>
  withLocalNode(async ({ connect }) => {
    const connection = await connect();
    assert.equal((await follow(connection, script(""))).end, "unknown");
  }));

test("a script that comes only in part never runs, and leaves no claim", () =>
  withLocalNode(async ({ state, connect }) => {
    await (await connect()).close();
    const options = {
      lease: { run: "run-1", holder: "h", seconds: 60 },
      leaseWait: 0,
      paths: { state, memory: "" },
      privilege: "stay",
      token: "t0",
      mark: "m",
    } as const;
    let said = "";
    const { promise: closed, resolve } = Promise.withResolvers<string>();
    const channel = await openLocalChannel(agentCommand(options), {
      stdout: (bytes) => said += new TextDecoder().decode(bytes),
      stderr: () => {},
      step: () => {},
      closed: resolve,
    });
    const text = `touch ${state}/ran\n`.repeat(100);
    const sum = createHash("sha256").update(text).digest("hex");
    const encoder = new TextEncoder();
    await channel.write(encoder.encode(`run run-1/a ${text.length} ${sum}\n${text.slice(0, 500)}`));
    channel.close();
    await closed;
    assert.match(said, /@damaged/);
    await assert.rejects(Deno.stat(`${state}/ran`), Deno.errors.NotFound);
    await assert.rejects(Deno.stat(`${state}/scripts/run-1/a`), Deno.errors.NotFound);
  }));

test("a loop that is killed is started again, and the script is followed to its end", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const sent = script(
      `echo one; sleep 0.5; for p in $(<${state}/loop); do kill -9 $p; done; sleep 0.5; echo two`,
    );
    // The loop is the process that holds the lease: its number begins the token.
    const token = (await Deno.readTextFile(`${state}/lease`)).trim().split(" ").at(-1) ?? "";
    await Deno.writeTextFile(`${state}/loop`, token.split(".")[0] ?? "");
    const seen = await runScript(connection, sent);
    assert.equal(seen.end, "ended");
    assert.equal(seen.output, "one\ntwo\n");
    assert.equal((await runScript(connection, script("echo next"))).output, "next\n");
    assert.equal(connection.counts.reconnects, 1);
  }));

test("following can be given up; the script goes on", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const sent = script(`sleep 0.5; touch ${state}/done`);
    await connection.start(sent);
    const given = new AbortController();
    setTimeout(() => given.abort(new Error("enough")), 100);
    await assert.rejects(connection.follow(sent.id, START, () => {}, given.signal), /enough/);
    assert.equal((await runScript(connection, script("echo next"))).output, "next\n");
    assert.equal((await follow(connection, sent)).end, "ended");
    await Deno.stat(`${state}/done`);
  }));

test("contents travel once, and one that changed on its way is refused", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const path = `${state}/content`;
    const content = crypto.getRandomValues(new Uint8Array(60_000));
    await Deno.writeFile(path, content);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const blob = { sha256, size: content.length, path };
    const body = `sha256sum <${state}/blobs/${sha256}`;
    assert.match((await runScript(connection, script(body, [blob, blob]))).output, new RegExp(sha256));
    const { sent } = connection.counts;
    assert.match((await runScript(connection, script(body, [blob]))).output, new RegExp(sha256));
    assert.ok(connection.counts.sent - sent < 10_000);
    await Deno.writeFile(path, content.fill(7));
    const other = { ...blob, sha256: sha256.split("").reverse().join("") };
    await assert.rejects(connection.start(script(body, [other])), /is another by now/);
    await Deno.writeFile(path, content.subarray(1));
    await assert.rejects(connection.start(script(body, [other])), PalletError);
    await Deno.remove(path);
    await assert.rejects(connection.start(script(body, [other])), /Cannot read/);
  }));

test("a compiled script reports its actions, and its end when it is cancelled", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    const plan = [{ bash: "if pallet_change 'make it'; then echo made; fi" }, { bash: "echo on; sleep 60" }];
    const compiled = bashScript(plan, {}, { run: "run-1" });
    await connection.start(compiled);
    const outputs: string[] = [];
    const seen = await follow(connection, compiled, START, ({ output, records }) => {
      const last = records.at(-1);
      if (last?.type === "action-finished" && outputs.length < last.index + 1) outputs.push(output);
      if (output === "made\non\n") void connection.cancel(compiled.id);
    });
    assert.equal(seen.end, "ended");
    // What an action put out is there when its end is told.
    assert.equal(outputs[0], "made\n");
    assert.match(outputs[1] ?? "", /^made\non\n/);
    const final = seen.records.at(-1);
    assert.ok(final?.type === "script-finished");
    assert.equal(final.result, "failed");
    assert.match(final.message ?? "", /SIGTERM/);
    assert.equal((await Deno.stat(`${state}/scripts/${scriptPath(compiled.id)}`)).isDirectory, true);
  }));

test("a state directory that cannot be made is told with the reason", () =>
  withLocalNode(async ({ state, connect }) => {
    await Deno.writeTextFile(state, "a file");
    await assert.rejects(
      connect(),
      /^PalletError: Cannot work on this machine: .*\/state cannot be made: (?:Not a directory|File exists)$/,
    );
  }));

const noMounts = !isRoot();
if (noMounts) console.log("A full disk of a node is not tested: only root may mount one");

/** Runs a body with a file system of so many bytes in place of a folder. */
async function withSmallDisk(folder: string, size: string, body: () => Promise<void>): Promise<void> {
  const run = async (program: string, ...args: readonly string[]) => {
    const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  };
  await Deno.mkdir(folder, { recursive: true });
  await run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder);
  try {
    await body();
  } finally {
    await run("umount", "--lazy", folder);
  }
}

Deno.test({
  name: "a full disk of a node is told as one, whatever cannot be written",
  ignore: noMounts,
  fn: () =>
    withLocalNode(({ state, connect }) =>
      withSmallDisk(state, "256k", async () => {
        const full: (error: Error) => boolean = (error) => {
          assert.match(error.message, /^Cannot work on this machine: .*: No space left on device$/);
          assert.equal(Reflect.get(error, "help"), "Make room on its disk.");
          return true;
        };
        const fill = () => Deno.writeFile(`${state}/large`, new Uint8Array(1 << 20)).catch(() => {});
        const first = await connect();
        await fill();
        await assert.rejects(first.start(script(`# ${"x".repeat(20_000)}`)), full);
        await Deno.remove(`${state}/lease`).catch(() => {});
        await fill();
        await assert.rejects(connect(), full);
        await Deno.remove(`${state}/large`);
        await (await connect()).close();
      })
    ),
});
