// Servers that let nobody in just now, or not so many: fault 10, with real OpenSSH.
import assert from "node:assert/strict";
import { makeKey, withSshd } from "../../tests/support/sshd.ts";
import { makeTransport } from "./mod.ts";
import {
  fails,
  folder,
  say,
  serveTests,
  sshd,
  test,
  withProxy,
  withServer,
  withTransport,
} from "./ssh_testing.ts";
import { follow, options, runScript, script, until } from "./testing.ts";

serveTests();

test("fault 10: MaxSessions 1 is enough, and 0 has its message", () =>
  withTransport(async (connect) => {
    await withSshd({ config: ["MaxSessions 1"] }, async ({ port }) => {
      const connection = await connect({ port });
      for (const word of ["one", "two"]) {
        assert.equal((await runScript(connection, script(`echo ${word}`))).output, `${word}\n`);
      }
      await connection.close();
    });
    await withSshd({ config: ["MaxSessions 0"] }, async ({ port }) => {
      const error = await fails(connect({ port }), /Cannot run a command on node-1 .*open failed/);
      assert.match(error.help ?? "", /MaxSessions/);
    });
  }));

test("fault 10: what sshd says to those who are too many is told, after attempts with pauses", () =>
  withTransport(async (connect) => {
    const turned = (words: string, help: RegExp) =>
      withServer(async (connection) => {
        await say(connection, `${words}\r\n`);
        connection.close();
      }, async (port, asked) => {
        const message = new RegExp(
          `node-1 .*: it lets nobody in just now \\("${words}"\\), again and again$`,
        );
        const error = await fails(connect({ port }, { connectTimeout: 60 }), message);
        assert.match(error.help ?? "", help);
        assert.equal(asked(), 10);
      });
    await Promise.all([
      turned("Exceeded MaxStartups", /raise MaxStartups/),
      turned("Not allowed at this time", /PerSourcePenalties/),
    ]);
  }, { pauses: { first: 0.02, longest: 0.1 } }));

test("fault 10: a server that turns everybody away is waited for, then told of", () =>
  withTransport((connect) =>
    withServer(async (connection) => await Promise.resolve(connection.close()), async (port, asked) => {
      await fails(connect({ port }, { connectTimeout: 2 }), /Cannot connect to node-1/);
      assert.ok(asked() >= 3, `${asked()} attempts`);
    })
  ));

test("fault 10: 50 connections at once to one server with MaxStartups 10 all come up", () =>
  withSshd({ config: ["MaxStartups 10:100:10"] }, async (server) => {
    const transport = makeTransport({ stateDir: folder, agentSocket: "" });
    try {
      const all = await Promise.all(
        Array.from({ length: 50 }, () => transport.connect(server.route(), options({ connectTimeout: 60 }))),
      );
      const outputs = await Promise.all(
        all.map(async (connection, at) => (await runScript(connection, script(`echo ${at}`))).output),
      );
      assert.deepEqual(outputs, all.map((_, at) => `${at}\n`));
    } finally {
      await transport.close();
    }
  }));

test("fault 10: a login that is refused is tried once, so that nobody is punished for it", () =>
  withTransport(async (connect) => {
    const stranger = await makeKey(`${folder}/stranger`, ["-t", "ed25519"]);
    await withProxy(async (proxy) => {
      await fails(connect({ port: proxy.port, identities: [stranger] }), /Cannot log in to node-1/);
      assert.equal(proxy.connections, 1);
    });
  }));

test("fault 10: when a login is refused on the way back, no attempts follow in quick succession", () =>
  withTransport((connect) =>
    withProxy(async (proxy) => {
      const connection = await connect({ port: proxy.port }, { reconnectTimeout: 4 });
      const sent = script("mv /etc/ssh/authorized_keys /etc/ssh/away; sleep 30");
      await connection.start(sent);
      await until("the key is gone", async () => (await sshd.exec("ls /etc/ssh")).includes("away"));
      proxy.cut();
      try {
        const seen = await follow(connection, sent);
        assert.equal(seen.end, "unknown");
        assert.match(seen.reconnecting.at(-1) ?? "", /could not regain it: Cannot log in to node-1/);
        assert.ok(proxy.connections <= 3, `${proxy.connections}`);
      } finally {
        await sshd.exec("mv /etc/ssh/away /etc/ssh/authorized_keys");
      }
    })
  ));
