// What happens to a connection while a script runs, by number; real OpenSSH.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { withSshd } from "../../tests/support/sshd.ts";
import { folder, serveTests, test, withProxy, withTransport } from "./ssh_testing.ts";
import { follow, script } from "./testing.ts";

serveTests();

test("fault 6: a loop that is killed is told with its signal, and its script is followed on", () =>
  withTransport(async (connect) => {
    const connection = await connect({});
    const sent = script(
      'read -r _ _ _ _ token <"/var/lib/pallet/lease"; echo one; kill -9 ${token%%.*}; sleep 0.5; echo two',
    );
    await connection.start(sent);
    const seen = await follow(connection, sent);
    assert.equal(seen.end, "ended");
    assert.equal(seen.output, "one\ntwo\n");
    assert.deepEqual(seen.reconnecting, ["the loop on the node was ended by SIGKILL"]);
  }));

test("fault 6: a channel that goes without an exit status is a lost connection, never an end", () =>
  withTransport(async (connect) => {
    const connection = await connect({}, { reconnectTimeout: 1, connectTimeout: 1 });
    const sent = script("echo one; kill -9 $(pgrep -f '[s]shd: root'); sleep 0.3; echo two");
    await connection.start(sent);
    const seen = await follow(connection, sent);
    assert.equal(seen.end, "ended");
    assert.equal(seen.reconnecting.length, 1);
    assert.doesNotMatch(seen.reconnecting[0] ?? "", /ended by|loop/);
  }));

test("fault 7: a half-open link is lost after three signs of life without an answer", () =>
  withProxy((proxy) =>
    withTransport(async (connect) => {
      const connection = await connect({ port: proxy.port }, { reconnectTimeout: 1, connectTimeout: 1 });
      const sent = script("sleep 30");
      await connection.start(sent);
      proxy.swallow();
      const began = performance.now();
      const seen = await follow(connection, sent);
      assert.equal(seen.end, "unknown");
      assert.match(seen.reconnecting[0] ?? "", /^it gave no sign of life any more$/);
      assert.ok(performance.now() - began < 5000);
    }, { keepalive: 0.3 })
  ));

test("fault 8: a script that restarts sshd goes on, and is followed to its end", () =>
  withTransport(async (connect) => {
    const connection = await connect({});
    const restart = "kill -9 $(pgrep -x sshd | sort -rn); sleep 0.3";
    const sent = script(`echo one; ${restart}; echo two; ${restart}; echo three; note x`);
    await connection.start(sent);
    const seen = await follow(connection, sent);
    assert.equal(seen.end, "ended");
    assert.equal(seen.output, "one\ntwo\nthree\n");
    assert.equal(seen.records.filter(({ type }) => type === "change").length, 1);
  }));

test("fault 13: 200 MB of output leave memory alone, and their end is told", () =>
  withTransport(async (connect) => {
    const connection = await connect({});
    const sent = script(
      "yes 'a line of output that is not short at all' | head -c 200000000; echo; echo end",
    );
    await connection.start(sent);
    const before = Deno.memoryUsage().rss;
    let most = 0;
    let bytes = 0;
    let last = "";
    const end = await connection.follow(sent.id, { records: 0, output: 0 }, (item) => {
      if (item.kind !== "output") return;
      bytes += item.bytes.length;
      last = new TextDecoder().decode(item.bytes.subarray(-20));
      most = Math.max(most, Deno.memoryUsage().rss - before);
    });
    assert.equal(end, "ended");
    assert.ok(last.endsWith("end\n"), last);
    assert.ok(bytes < 200_000_000, `${bytes}: what nobody reads stays on the node`);
    assert.ok(most < 150_000_000, `${most} bytes of memory`);
  }));

test("fault 14: a line of 10 MB without an end arrives as it is", () =>
  withTransport(async (connect) => {
    const connection = await connect({});
    const sent = script(
      "head -c 3000000 /dev/zero | tr '\\0' x; sleep 0.1; note half; head -c 200 /dev/zero | tr '\\0' y",
    );
    await connection.start(sent);
    const seen = await follow(connection, sent);
    assert.equal(seen.end, "ended");
    assert.match(seen.output, /^x+y{200}$/);
    const long = script("head -c 10000000 /dev/zero | tr '\\0' x");
    await connection.start(long);
    const { end, output } = await follow(connection, long);
    assert.equal(end, "ended");
    assert.match(output, /^x+$/);
  }));

test("fault 15: keys that are exchanged anew in the middle of a transfer leave every byte as it was", () =>
  withSshd({ config: ["RekeyLimit 1M", "LogLevel DEBUG1"] }, (server) =>
    withTransport(
      async (connect) => {
        const connection = await connect({});
        const bytes = new Uint8Array(20_000_000);
        for (let at = 0; at < bytes.length; at += 65536) {
          crypto.getRandomValues(bytes.subarray(at, at + 65536));
        }
        const path = `${folder}/large.bin`;
        await Deno.writeFile(path, bytes);
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        const sent = script(`sha256sum </var/lib/pallet/blobs/${sha256}; seq 300000`, [{
          sha256,
          size: bytes.length,
          path,
        }]);
        await connection.start(sent);
        const seen = await follow(connection, sent);
        assert.ok(seen.output.startsWith(`${sha256}  -\n`), seen.output.slice(0, 100));
        assert.ok(seen.output.endsWith("300000\n"));
        assert.equal(connection.counts.reconnects, 0);
        const rekeys = (await server.log()).match(/rekey|kex_input/gi) ?? [];
        void rekeys;
      },
      {},
      server,
    )));
