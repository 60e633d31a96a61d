// What networks and servers do to those who connect, by number; real OpenSSH, real packets that are dropped.
import assert from "node:assert/strict";
import { withSshd } from "../../tests/support/sshd.ts";
import { withNetwork } from "../../tests/support/network.ts";
import {
  fails,
  noNetwork,
  say,
  serveTests,
  sshd,
  test,
  withProxy,
  withServer,
  withTransport,
} from "./ssh_testing.ts";
import { runScript, script } from "./testing.ts";

serveTests();

test(
  "fault 1: packets that are dropped or rejected end with the time to connect, or at once",
  () =>
    withNetwork(async ({ address, firewall }) =>
      await withTransport(async (connect) => {
        await firewall("drop");
        const began = performance.now();
        await fails(
          connect({ address, port: 22 }, { connectTimeout: 1 }),
          /^PalletError: Cannot connect to node-1 \(198\.18\.\d+\.\d+:22\): no TCP connection within 1 s$/,
        );
        assert.ok(performance.now() - began < 2000);
        await firewall("reject with tcp reset");
        await fails(connect({ address, port: 22 }), /: the connection was refused$/);
        await firewall("reject with icmp type host-unreachable");
        await fails(connect({ address, port: 22 }), /: there is no route to it$/);
      })
    ),
  noNetwork !== undefined,
);

test(
  "fault 1: black holes do not use up the time of those who come after them",
  () =>
    withNetwork(async ({ address, firewall }) =>
      await withTransport(async (connect) => {
        await firewall("drop");
        const limits = { connectTimeout: 2 };
        const holes = [22, 23, 24, 25].map((port) =>
          fails(connect({ address, port }, limits), /no TCP connection within 2 s/)
        );
        // Two turns at a time: it waits for four seconds, and has two.
        const connection = await connect({}, limits);
        assert.equal((await runScript(connection, script("echo in"))).output, "in\n");
        await Promise.all(holes);
      }, { handshakes: 2 })
    ),
  noNetwork !== undefined,
);

test("fault 2: silence, a tarpit, a key exchange and a login without an end: each is named, in one time limit", () =>
  withTransport(async (connect) => {
    const limits = { connectTimeout: 1 };
    const within = async (port: number, message: RegExp) => {
      const began = performance.now();
      await fails(connect({ port }, limits), message);
      assert.ok(performance.now() - began < 2000);
    };
    await withServer(async () => {}, (port) => within(port, /node-1 .*: no ssh banner within 1 s$/));
    const drip = async (connection: Deno.TcpConn) => {
      while (true) {
        await say(connection, "x4c2\r\n");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await withServer(drip, (port) => within(port, /: no ssh banner, only "x4c2.*", within 1 s$/));
    await withServer(
      async (connection) => await say(connection, "SSH-2.0-OpenSSH_9.2\r\n"),
      (port) => within(port, /: no end of the key exchange within 1 s$/),
    );
    const config = ["AuthorizedKeysCommand /usr/bin/sleep 20", "AuthorizedKeysCommandUser root"];
    await withSshd({ config, prepare: "" }, async (server) => {
      await server.exec(": >/etc/ssh/authorized_keys");
      await within(server.port, /: no end of the login within 1 s$/);
    });
  }));

test("fault 2: a slow banner is waited for", () =>
  withTransport((connect) =>
    withServer(async (client) => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      const server = await Deno.connect({ hostname: "127.0.0.1", port: sshd.port });
      await Promise.all([client.readable.pipeTo(server.writable), server.readable.pipeTo(client.writable)]);
    }, async (port) => {
      const connection = await connect({ port }, { connectTimeout: 5 });
      assert.equal(connection.counts.reconnects, 0);
      await connection.close();
    })
  ));

test("fault 3: a connection cut before the loop runs is made again, and counted", () =>
  withTransport(async (connect) => {
    for (const [side, bytes] of [["down", 10], ["down", 700], ["down", 2000], ["up", 1500]] as const) {
      await withProxy(async (proxy) => {
        proxy.cutAfter(bytes, side);
        const connection = await connect({ port: proxy.port });
        assert.equal(connection.counts.reconnects, 1, `${bytes} ${side}`);
        assert.equal(proxy.connections, 2);
        assert.equal((await runScript(connection, script("echo in"))).output, "in\n");
        await connection.close();
      });
    }
  }));

test("fault 3: one that is cut each time is told, and not tried for ever", () =>
  withTransport((connect) =>
    withServer(async (connection) => {
      await say(connection, "SSH-2.0-OpenSSH_9.2\r\n");
      connection.close();
    }, async (port, asked) => {
      await fails(
        connect({ port }),
        /node-1 .*: the connection was cut during the key exchange, again and again$/,
      );
      assert.equal(asked(), 3);
    })
  ));

test("something that is no ssh server is told from one", () =>
  withTransport(async (connect) => {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("hello"));
    await fails(connect({ port: server.addr.port }, { connectTimeout: 3 }), /Cannot/);
    await server.shutdown();
  }));
