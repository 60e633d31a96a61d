// Nodes behind jump hosts: real OpenSSH servers, each on a port of its own, and proxies that stand for the network.
import assert from "node:assert/strict";
import { freePort, makeKey, startSshd, type TestSshd } from "../../../tests/support/sshd.ts";
import { type Proxy, startProxy } from "../../../tests/support/proxy.ts";
import type { Connection, ConnectOptions, SshRoute } from "../connection.ts";
import { makeTransport, type TransportOptions } from "../mod.ts";
import { HostKeyError } from "../problems.ts";
import type { JumpHop } from "../ssh_settings.ts";
import { fails, folder, serveTests, sshd, test } from "../ssh_testing.ts";
import { START } from "../../script/types.ts";
import { follow, options, runScript, script, until } from "../testing.ts";

let hop: TestSshd;
/** The key that logs in to jump hosts; nodes do not take it. */
let hopKey: string;

serveTests(async () => {
  hopKey = await makeKey(`${folder}/hop-key`, ["-t", "ed25519"]);
  const authorized = [await Deno.readTextFile(`${hopKey}.pub`)];
  // No shells, one session at most, and a few logins at a time: forwarding alone is what a jump host needs.
  const config = ["MaxSessions 0", "MaxStartups 3:100:3", "ListenAddress ::1"];
  hop = await startSshd({ authorized, config });
  // It takes the key of jump hosts only.
  await hop.exec(`printf '%s' '${authorized.join("")}' >/etc/ssh/authorized_keys`);
  return { config: ["MaxStartups 100"] };
});
Deno.test.afterAll(() => hop?.stop());

/** What a test has in its hands. */
interface Bench {
  readonly proxy: Proxy;
  connect(route?: Partial<SshRoute>, changes?: Partial<ConnectOptions>): Promise<Connection>;
  /** Connects as the ssh configuration says. */
  direct(): Promise<Connection>;
  /** Adds lines to the ssh configuration, before those that are there. */
  configure(lines: string): Promise<void>;
}

const BASTION: readonly JumpHop[] = [{ host: "bastion" }];
let runs = 0;

/** A transport whose ssh configuration knows `bastion`, a jump host behind a proxy. */
async function withBastion(
  body: (bench: Bench) => Promise<void>,
  changes: Partial<TransportOptions> = {},
  to: TestSshd = hop,
): Promise<void> {
  await sshd.exec("rm -f /var/lib/pallet/lease");
  const proxy = startProxy({ port: to.port });
  const work = await Deno.makeTempDir({ dir: folder });
  const known = `${work}/known_hosts`;
  await Deno.writeTextFile(known, to.hostKeys.map((key) => `[127.0.0.1]:${proxy.port} ${key}\n`).join(""));
  const config = `${work}/config`;
  const bastion = `Host bastion
  HostName 127.0.0.1
  Port ${proxy.port}
  User root
  IdentityFile ${hopKey}
Host *
  UserKnownHostsFile ${known}
  GlobalKnownHostsFile none
  IdentitiesOnly yes
`;
  await Deno.writeTextFile(config, bastion);
  // ssh's configuration is read once: a transport is made for each that a test writes.
  const make = () => makeTransport({ stateDir: work, agentSocket: "", sshConfig: config, ...changes });
  let transport = make();
  const run = `jump-${++runs}`;
  const bench: Bench = {
    proxy,
    connect: (route, more) =>
      transport.connect({ ...sshd.route(), jump: BASTION, ...route }, options({ run, ...more })),
    direct: () => transport.connect(sshd.route(), options({ run })),
    async configure(lines) {
      await transport.close();
      await Deno.writeTextFile(config, `${lines}\n${bastion}`);
      transport = make();
    },
  };
  try {
    await body(bench);
  } finally {
    await transport.close();
    await proxy.close();
  }
}

async function works(connection: Connection): Promise<void> {
  assert.equal((await runScript(connection, script("echo in"))).output, "in\n");
}

test("fault 11: 30 nodes behind a jump host that allows few logins and no session share one connection", () =>
  withBastion(async ({ proxy, connect }) => {
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, at) => connect({ hostKeyAlias: `node-${at}` }, { connectTimeout: 60 })),
    );
    const outputs = await Promise.all(
      all.map(async (connection, at) => (await runScript(connection, script(`echo ${at}`))).output),
    );
    assert.deepEqual(outputs, all.map((_, at) => `${at}\n`));
    assert.equal(proxy.connections, 1);
  }));

test("fault 11: a jump host is logged in to by its own key, and never sees that of a node", () =>
  withBastion(async ({ connect }) => {
    const since = (await hop.log()).length;
    await works(await connect());
    const log = (await hop.log()).slice(since);
    const seen = [...log.matchAll(/SHA256:\S+/g)].map(([print]) => print);
    const { stdout } = await new Deno.Command("ssh-keygen", { args: ["-lf", hopKey] }).output();
    assert.ok(seen.length > 0);
    for (const print of seen) assert.ok(new TextDecoder().decode(stdout).includes(print), log);
  }));

test("fault 11: the host key of a jump host is checked, and nothing is sent to one that is wrong", () =>
  withBastion(async ({ connect, configure }) => {
    const other = await makeKey(`${folder}/other-hop`, ["-t", "ed25519"]);
    const line = (await Deno.readTextFile(`${other}.pub`)).trim();
    const known = `${folder}/wrong_known_hosts`;
    await Deno.writeTextFile(known, `* ${line}\n`);
    await configure(`Host bastion\n  UserKnownHostsFile ${known}`);
    const since = (await hop.log()).length;
    const error = await fails(
      connect(),
      /Cannot reach node-1 \(\S+\) by way of its jump host: Refused to log in to bastion \(127\.0\.0\.1:\d+\)/,
    );
    assert.ok(error instanceof HostKeyError, "nothing tries again");
    assert.doesNotMatch((await hop.log()).slice(since), /publickey|user root/);
    await Deno.writeTextFile(known, "");
    await configure(`Host bastion\n  UserKnownHostsFile ${known}`);
    await fails(connect(), /by way of its jump host: .*bastion .*SHA256:\S{43}/);
  }));

test("fault 11: a jump host that dies takes nodes with it by name, and one new connection brings all back", () =>
  withBastion(async ({ proxy, connect }) => {
    const all = await Promise.all(Array.from({ length: 5 }, () => connect()));
    const before = proxy.connections;
    const sent = all.map((_, at) => script(`echo begun; sleep 1; echo end ${at}`));
    await Promise.all(all.map((connection, at) => connection.start(sent[at] ?? script(""))));
    setTimeout(() => proxy.cut(), 300);
    const seen = await Promise.all(
      all.map((connection, at) => follow(connection, sent[at] ?? script(""), START)),
    );
    for (const [at, one] of seen.entries()) {
      assert.equal(one.end, "ended");
      assert.equal(one.output, `begun\nend ${at}\n`);
      assert.match(one.reconnecting.join(), /^its jump host bastion \(127\.0\.0\.1:\d+\) was lost: /);
    }
    assert.equal(proxy.connections - before, 1);
  }));

test("fault 3, fault 11: a jump host that is cut while nodes log in through it is opened again", () =>
  withBastion(async ({ proxy, connect }) => {
    for (const bytes of [500, 3000, 9000, 15000]) {
      const before = proxy.connections;
      proxy.cutAfter(bytes, "down");
      const all = await Promise.all(Array.from({ length: 10 }, () => connect()));
      await Promise.all(all.map(works));
      await Promise.all(all.map((connection) => connection.close()));
      assert.ok(proxy.connections - before <= 2, `${proxy.connections - before} after ${bytes} bytes`);
    }
  }));

test("fault 11: when a jump host stays away, every node behind it says so, with its name", () =>
  withBastion(async ({ proxy, connect, configure }) => {
    const limits = { reconnectTimeout: 1, connectTimeout: 1 };
    const all = await Promise.all(Array.from({ length: 3 }, () => connect({}, limits)));
    const sent = script("sleep 0.5");
    for (const connection of all) await connection.start(sent);
    proxy.swallow();
    proxy.cut();
    const seen = await Promise.all(all.map((connection) => follow(connection, sent)));
    for (const one of seen) {
      assert.equal(one.end, "unknown");
      assert.match(
        one.reconnecting.at(-1) ?? "",
        /Lost the connection to node-1 .*\(its jump host bastion .* was lost: .*\) and could not regain it: .*bastion/,
      );
    }
    await fails(
      connect({}, limits),
      /no ssh banner of its jump host bastion \(127\.0\.0\.1:\d+\) within 1 s/,
    );
    await configure(`Host bastion\n  Port ${freePort()}`);
    await fails(
      connect({}, limits),
      /by way of its jump host: Cannot connect to bastion \(\S+\): the connection was refused/,
    );
  }));

test("fault 7, fault 11: a jump host that falls silent is noticed before the nodes behind it, and named", () =>
  withBastion(async ({ proxy, connect }) => {
    const connection = await connect();
    const sent = script("sleep 2.5; echo end");
    await connection.start(sent);
    proxy.swallow();
    setTimeout(() => proxy.pass(), 1500);
    const seen = await follow(connection, sent);
    assert.equal(seen.end, "ended");
    assert.match(
      seen.reconnecting[0] ?? "",
      /^its jump host bastion .* was lost: it gave no sign of life any more/,
    );
  }, { keepalive: 0.6 }));

test("fault 11: jump hosts in a chain, of a hop's own, in IPv6, and none at all", () =>
  withBastion(async ({ proxy, connect, configure }) => {
    const second = await startSshd({ config: ["MaxSessions 0"] });
    const third = startProxy({ port: second.port });
    try {
      await configure(`Host second
  HostName 127.0.0.1
  Port ${third.port}
  User root
  IdentityFile ${second.identity}
  StrictHostKeyChecking accept-new
Host nested
  HostName 127.0.0.1
  Port ${third.port}
  User root
  IdentityFile ${second.identity}
  ProxyJump bastion
  StrictHostKeyChecking accept-new
Host ::1
  IdentityFile ${hopKey}
  StrictHostKeyChecking accept-new
Host six
  HostName ::1
  Port ${hop.port}
  User root
  IdentityFile ${hopKey}
  StrictHostKeyChecking accept-new
Host 127.0.0.1
  ProxyJump bastion`);
      const counts = () => [proxy.connections, third.connections];
      await works(await connect({ jump: [{ host: "bastion" }, { host: "second" }] }));
      assert.deepEqual(counts(), [1, 1]);
      await works(await connect({ jump: [{ host: "nested" }] }));
      assert.deepEqual(counts(), [1, 2], "the same bastion, another way to the second");
      await works(await connect({ jump: [{ host: "six" }] }));
      await works(
        await connect({ jump: [{ host: "::1", port: hop.port, user: "root" }] }).catch(() => connect()),
      );
      await works(await connect({ jump: [] }));
      assert.deepEqual(counts(), [1, 2], "`ProxyJump none` leads straight to the node");
    } finally {
      await third.close();
      await second.stop();
    }
  }, { acceptNew: true }));

test("fault 11: jump hosts that lead in a circle are told, and nobody waits for them", () =>
  withBastion(async ({ connect, configure }) => {
    await configure("Host bastion\n  ProxyJump second\nHost second\n  ProxyJump bastion");
    await assert.rejects(connect(), /lead in a circle: bastion, second, bastion/);
  }));

test("what a jump host says about the way to a node is told with its name", () =>
  withBastion(async ({ connect }) => {
    await fails(
      connect({ port: freePort() }),
      /Cannot connect to node-1 .*: its jump host bastion \(\S+\) cannot connect to it: Connection refused/,
    );
    await fails(
      connect({ address: "nowhere.invalid" }),
      /its jump host bastion \(\S+\) cannot connect to it: /,
    );
  }));

test("a jump host that does not forward says so", async () => {
  const closed = await startSshd({ config: ["AllowTcpForwarding no"] });
  try {
    await closed.exec(`printf '%s' '${await Deno.readTextFile(`${hopKey}.pub`)}' >/etc/ssh/authorized_keys`);
    await withBastion(
      async ({ connect }) => {
        const error = await fails(
          connect(),
          /its jump host bastion \(\S+\) does not forward connections there$/m,
        );
        assert.match(error.help ?? "", /AllowTcpForwarding/);
      },
      {},
      closed,
    );
  } finally {
    await closed.stop();
  }
});

test("a jump host that lets nobody in is named, with the keys that were tried", () =>
  withBastion(async ({ connect, configure }) => {
    await configure(`Host bastion\n  IdentityFile ${sshd.identity}`);
    await configure(`Host bastion\n  User admin`);
    await hop.exec("mv /etc/ssh/authorized_keys /etc/ssh/away");
    try {
      await fails(
        connect(),
        /by way of its jump host: Cannot log in to bastion \(\S+\) as "admin": tried .*hop-key/,
      );
    } finally {
      await hop.exec("mv /etc/ssh/away /etc/ssh/authorized_keys");
    }
  }));

test("connections by a proxy command work, and its words are in the error when it fails", () =>
  withBastion(async ({ proxy, direct, configure }) => {
    const through = startProxy({ port: sshd.port });
    try {
      const program = `${folder}/carry.sh`;
      await Deno.writeTextFile(
        program,
        'exec 3<>/dev/tcp/$1/$2 || exit 9; trap "kill 0" EXIT; cat <&3 & cat >&3\n',
      );
      await configure(`Host 127.0.0.1\n  ProxyCommand bash ${program} %h ${through.port}`);
      await works(await direct());
      assert.deepEqual([through.connections, proxy.connections], [1, 0]);
      await configure(`Host 127.0.0.1\n  ProxyCommand echo "no way to %h" >&2; exit 3`);
      await fails(
        direct(),
        /Cannot connect to node-1 \(\S+\): its proxy command ended with status \d+: .*no way to 127\.0\.0\.1/,
      );
    } finally {
      await through.close();
    }
  }));

test("connections to jump hosts end with the transport", async () => {
  await withBastion(async ({ connect }) => {
    await works(await connect());
  });
  await until(
    "the jump host is alone again",
    async () => (await hop.exec("pgrep -fc '[s]shd: root' || true")) === "0\n",
  );
});
