// What networks and servers do to those who connect, by number; real OpenSSH, real packets that are dropped.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { makeKey, withSshd } from "../../tests/support/sshd.ts";
import { withNetwork } from "../../tests/support/network.ts";
import type { SshRoute } from "./connection.ts";
import { fails, folder, noNetwork, sshd, test, tidy, withProxy, withTransport } from "./faults_testing.ts";
import { follow, runScript, script, until } from "./testing.ts";

/** Something in place of an sshd; counts who comes. */
async function withServer(
  serve: (connection: Deno.TcpConn) => Promise<void>,
  body: (port: number, asked: () => number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  let asked = 0;
  const serving = (async () => {
    for await (const connection of listener) {
      asked++;
      open.add(connection);
      serve(connection).catch(() => {}); // it has gone, which is what is tried
    }
  })();
  try {
    await body((listener.addr as Deno.NetAddr).port, () => asked);
  } finally {
    listener.close();
    await serving;
    for (const connection of open) {
      try {
        connection.close();
      } catch {
        // The server was first.
      }
    }
  }
}

const write = (connection: Deno.TcpConn, text: string) => connection.write(new TextEncoder().encode(text));

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
        await write(connection, "x4c2\r\n");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await withServer(drip, (port) => within(port, /: no ssh banner, only "x4c2.*", within 1 s$/));
    await withServer(
      async (connection) => void await write(connection, "SSH-2.0-OpenSSH_9.2\r\n"),
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
      await write(connection, "SSH-2.0-OpenSSH_9.2\r\n");
      connection.close();
    }, async (port, asked) => {
      await fails(
        connect({ port }),
        /node-1 .*: the connection was cut during the key exchange, again and again$/,
      );
      assert.equal(asked(), 3);
    })
  ));

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
        await write(connection, `${words}\r\n`);
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

/** Connects to `web.example` in a process that has its own /etc/hosts and resolver. */
const CHILD = `
import { makeTransport } from ${JSON.stringify(new URL("./mod.ts", import.meta.url).href)};
import { options } from ${JSON.stringify(new URL("./testing.ts", import.meta.url).href)};
const [stateDir, route, seconds] = Deno.args;
const transport = makeTransport({ stateDir, agentSocket: "", knownHosts: [], sshConfig: "none" });
try {
  const connection = await transport.connect(JSON.parse(route), options({ connectTimeout: Number(seconds) }));
  console.log("connected", connection.counts.reconnects);
} catch (error) {
  console.log(error.message, "|", error.help);
}
await transport.close();
`;

/** Runs {@linkcode CHILD}; `hosts` may be changed meanwhile. */
async function resolveIn(hosts: string, seconds: number, route: SshRoute, changed?: string): Promise<string> {
  const work = await Deno.makeTempDir({ dir: folder });
  await Deno.writeTextFile(`${work}/child.ts`, CHILD);
  await Deno.writeTextFile(`${work}/hosts`, hosts);
  await Deno.writeTextFile(`${work}/resolv.conf`, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  const setup = 'mount --bind "$1/hosts" /etc/hosts && mount --bind "$1/resolv.conf" /etc/resolv.conf && ' +
    'cd "$2" && shift 2 && exec "$@"';
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const deno = [
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    "--config",
    `${root}/deno.json`,
    `${work}/child.ts`,
  ];
  const timer = changed === undefined
    ? undefined
    : setTimeout(() => Deno.writeTextFileSync(`${work}/hosts`, changed), 1500);
  try {
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: ["--mount", "sh", "-c", setup, "sh", work, root, ...deno].concat(
        [`${work}/state`, JSON.stringify(route), String(seconds)],
      ),
      stdin: "null",
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } finally {
    clearTimeout(timer);
  }
}

test("fault 12: a resolver that does not answer just now is asked again, and told of in the end", async () => {
  const route = { ...sshd.route(), address: "web.example", name: "node-1" };
  await tidy(sshd);
  const good = await resolveIn("127.0.0.1 localhost\n", 20, route, "127.0.0.1 localhost web.example\n");
  assert.match(good, /^connected [1-9]/);
  const bad = await resolveIn("127.0.0.1 localhost\n", 2, route);
  assert.match(
    bad,
    /^Cannot connect to node-1 \(web\.example:\d+\): no address of "web\.example" within 2 s/,
  );
  const told = await resolveIn("127.0.0.1 localhost\n", 60, route);
  assert.match(
    told,
    /: the name "web\.example" cannot be resolved just now, again and again \| .*resolv\.conf/,
  );
});

test(
  "several addresses of a name: one that leads nowhere costs a quarter of a second",
  () =>
    withNetwork(async ({ address, firewall }) => {
      await firewall("drop");
      await tidy(sshd);
      const route = { ...sshd.route(), address: "web.example", name: "node-1" };
      const hosts = `127.0.0.1 localhost\n${address} web.example\n127.0.0.1 web.example\n`;
      assert.match(await resolveIn(hosts, 5, route), /^connected 0/);
    }),
  noNetwork !== undefined,
);
