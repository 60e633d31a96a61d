// The loop on a node, with this machine as the node.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { agentCommand } from "./agent.ts";
import { decodeWord, encodeWord, scriptPath } from "./words.ts";
import { openLocalChannel } from "./local.ts";
import { follow, localTest as test, runScript, script, withLocalNode } from "./testing.ts";

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
    cloudInitTimeout: 0,
    paths: { state: "/var/lib/pallet", memory: "/run/pallet" },
    privilege: "sudo",
    token: "t0",
    mark: "mark",
  });
  assert.ok(command.length < 32 * 1024, `${command.length} bytes`);
  assert.match(command, /^exec bash --norc -pc(?: '[^'!\n]{1,1000}')+$/);
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
    assert.deepEqual(facts.addresses.filter((address) => /^(?:127\.|::1$|fe80:)/.test(address)), []);
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
    assert.match(
      seen.output,
      /^PATH=\/usr\/local\/sbin:\/usr\/local\/bin:\/usr\/sbin:\/usr\/bin:\/sbin:\/bin$/m,
    );
  }));

test("what is kept on a node is for its owner alone", () =>
  withLocalNode(async ({ state, connect }) => {
    const connection = await connect();
    await runScript(connection, script("echo output; note it"));
    const { stdout } = await new Deno.Command("find", {
      args: [`${state}/`, "-mindepth", "1", "-perm", "/077"],
    })
      .output();
    assert.equal(new TextDecoder().decode(stdout), "");
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

test("a script that comes only in part never runs, and leaves no claim", () =>
  withLocalNode(async ({ state, connect }) => {
    await (await connect()).close();
    const options = {
      lease: { run: "run-1", holder: "h", seconds: 60 },
      leaseWait: 0,
      cloudInitTimeout: 0,
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
