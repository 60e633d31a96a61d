// Connections that are cut while scripts are sent, run and followed, by number; real OpenSSH behind a proxy.
import assert from "node:assert/strict";
import { fails, serveTests, sshd, test, withProxy, withTransport } from "./ssh_testing.ts";
import { START } from "../script/types.ts";
import { follow, script, until } from "./testing.ts";

serveTests();

test("fault 3: a connection cut before the claim, while a script is on its way, sends it again", () =>
  withTransport((connect) =>
    withProxy(async (proxy) => {
      const connection = await connect({ port: proxy.port });
      proxy.cutAfter(5000, "up");
      const sent = script(`${"# padding\n".repeat(2000)}echo x >>/tmp/cut-before; cat /tmp/cut-before`);
      assert.equal(await connection.start(sent), "started");
      assert.equal((await follow(connection, sent)).output, "x\n");
      assert.equal(connection.counts.reconnects, 1);
    })
  ));

test("fault 4: a connection cut in the middle of a script is regained, and nothing is missing or told twice", () =>
  withTransport((connect) =>
    withProxy(async (proxy) => {
      const connection = await connect({ port: proxy.port });
      const sent = script(
        "for i in $(seq 400); do echo line $i; note $i; done; sleep 0.3; echo x >>/tmp/once; echo end",
      );
      await connection.start(sent);
      let cuts = 0;
      const seen = await follow(connection, sent, START, ({ records }) => {
        if (cuts < 3 && records.length > (cuts + 1) * 100) {
          cuts++;
          proxy.cut();
        }
      });
      assert.equal(seen.end, "ended");
      assert.equal(
        seen.output,
        Array.from({ length: 400 }, (_, at) => `line ${at + 1}\n`).join("") + "end\n",
      );
      assert.deepEqual(
        seen.records.flatMap((record) => record.type === "change" ? [record.text] : []),
        Array.from({ length: 400 }, (_, at) => `${at + 1}`),
      );
      assert.equal(await sshd.exec("cat /tmp/once"), "x\n");
      assert.ok(seen.reconnecting.length >= 1);
    })
  ));

test("fault 4: a connection cut amid much output changes nothing about what is told and kept", () =>
  withTransport((connect) =>
    withProxy(async (proxy) => {
      const connection = await connect({ port: proxy.port });
      const sent = script("seq 500000; sleep 0.5; seq 500001 2000000");
      await connection.start(sent);
      let cut = false;
      const seen = await follow(connection, sent, START, ({ offsets }) => {
        if (!cut && offsets.output > 2_000_000) proxy.cut();
        cut ||= offsets.output > 2_000_000;
      });
      assert.equal(seen.end, "ended");
      assert.ok(connection.counts.reconnects > 0);
      const size = 14_888_896;
      assert.equal(seen.output.length, 2 * 4194304);
      assert.ok(seen.output.startsWith("1\n2\n3\n") && seen.output.endsWith("1999999\n2000000\n"));
      const [omitted, ...others] = seen.omitted;
      assert.ok(omitted?.path !== undefined && omitted.lost === 0 && others.length === 0);
      assert.equal(omitted.bytes, size - 2 * 4194304);
      const sums = await sshd.exec(`seq 2000000 | cmp - ${omitted.path} && stat -c %s ${omitted.path}`);
      assert.equal(sums, `${size}\n`);
    })
  ));

test("fault 5: a connection cut when a script has ended is regained, and the end is told once", () =>
  withTransport((connect) =>
    withProxy(async (proxy) => {
      const connection = await connect({ port: proxy.port });
      const sent = script("sleep 0.3; echo x >>/tmp/ended");
      await connection.start(sent);
      proxy.swallow();
      await until("the script ends", async () => (await sshd.exec("cat /tmp/ended 2>&1 || true")) === "x\n");
      proxy.pass();
      proxy.cut();
      const seen = await follow(connection, sent);
      assert.equal(seen.end, "ended");
      assert.equal(seen.records.filter(({ type }) => type === "script-finished").length, 1);
    })
  ));

test("fault 4: a connection that is not regained leaves the script unknown, and it goes on", () =>
  withTransport((connect) =>
    withProxy(async (proxy) => {
      const connection = await connect({ port: proxy.port }, { reconnectTimeout: 1, connectTimeout: 1 });
      const sent = script("sleep 1; echo done >/tmp/unknown");
      await connection.start(sent);
      proxy.swallow();
      proxy.cut();
      const before = performance.now();
      const seen = await follow(connection, sent);
      assert.equal(seen.end, "unknown");
      assert.ok(performance.now() - before < 4000);
      assert.match(seen.reconnecting.join(), /could not regain it/);
      await until("the script ends", async () =>
        (await sshd.exec("cat /tmp/unknown 2>&1 || true")) === "done\n");
      await fails(connection.start(script("")), /Lost the connection to node-1/);
      const before2 = performance.now();
      await connection.close();
      assert.ok(performance.now() - before2 < 4000);
    })
  ));

test("fault 7: a half-open connection is noticed and replaced", () =>
  withTransport((connect) =>
    withProxy(async (proxy) => {
      const connection = await connect({ port: proxy.port });
      const sent = script("sleep 1.5; echo end");
      await connection.start(sent);
      proxy.swallow();
      setTimeout(() => proxy.pass(), 1000);
      // Nothing tells of this: what was swallowed is gone, and both ends are still open.
      const seen = await follow(connection, sent);
      assert.equal(seen.end, "ended");
      assert.equal(seen.output, "end\n");
    }), { keepalive: 0.3 }));
