// Following scripts on a node, with this machine as the node: what comes, in which order, and how they end.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { bashScript } from "../../tests/support/bash_plan.ts";
import { scriptPath } from "./words.ts";
import { START } from "../script/types.ts";
import { follow, localTest as test, runScript, script, until, withLocalNode } from "./testing.ts";

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
    Deno.kill(pid, "SIGKILL");
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
    Deno.kill(Number(await Deno.readTextFile(path)), "SIGKILL");
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
