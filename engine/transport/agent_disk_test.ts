// What the loop needs of a node's disk, with this machine as the node.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { PalletError } from "../errors.ts";
import { bashScript } from "../../tests/support/bash_plan.ts";
import { isRoot } from "../../tests/support/needs.ts";
import { withSmallDisk } from "../../tests/support/small_disk.ts";
import { localTest as test, runScript, script, withLocalNode } from "./testing.ts";

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
    // What is used stays: it is removed a week after that.
    const place = `${state}/blobs/${sha256}`;
    await Deno.utime(place, 1, 1);
    await runScript(connection, script(body, [blob]));
    assert.ok(Date.now() - Number((await Deno.stat(place)).mtime) < 60_000);
    await Deno.writeFile(path, content.fill(7));
    const other = { ...blob, sha256: sha256.split("").reverse().join("") };
    await assert.rejects(connection.start(script(body, [other])), /is another by now/);
    await Deno.writeFile(path, content.subarray(1));
    await assert.rejects(connection.start(script(body, [other])), PalletError);
    await Deno.remove(path);
    await assert.rejects(connection.start(script(body, [other])), /Cannot read/);
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

Deno.test({
  name: "fault 33: a full disk of a node is told as one, whatever cannot be written",
  ignore: noMounts,
  fn: () =>
    withLocalNode(({ state, connect }) =>
      withSmallDisk(state, "256k", async (fill) => {
        const full: (error: Error) => boolean = (error) => {
          assert.match(error.message, /^Cannot work on this machine: .*: No space left on device$/);
          assert.equal(Reflect.get(error, "help"), "Make room on its disk.");
          return true;
        };
        const first = await connect();
        await fill();
        await assert.rejects(first.start(script(`# ${"x".repeat(20_000)}`)), full);
        await Deno.remove(`${state}/lease`).catch(() => {});
        await fill();
        await assert.rejects(connect(), full);
        await Deno.remove(await fill());
        await (await connect()).close();
      })
    ),
});

Deno.test({
  name:
    "fault 33: an action that fills the disk fails with that as its reason, though nothing it says can be kept",
  ignore: noMounts,
  fn: () =>
    withLocalNode(({ state, connect }) =>
      withSmallDisk(state, "1m", async () => {
        const connection = await connect();
        const fills = bashScript([{ bash: `head -c 4000000 /dev/zero >${state}/large` }], {}, {
          run: "run-1",
        });
        const { records, output } = await runScript(connection, fills);
        assert.equal(output, "");
        const failed = records.find(({ type }) => type === "action-finished");
        assert.ok(failed?.type === "action-finished" && failed.result === "failed");
        assert.equal(failed.message, "what it printed last may be missing: No space left on device");
      })
    ),
});
