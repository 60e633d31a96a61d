// Nodes by ssh: real OpenSSH on loopback, and a proxy that stands for the network.
import assert from "node:assert/strict";
import {
  freePort,
  makeKey,
  sshdMissing,
  startSshd,
  type TestSshd,
  withSshd,
} from "../../tests/support/sshd.ts";
import { type Proxy, startProxy } from "../../tests/support/proxy.ts";
import type { PalletError } from "../errors.ts";
import type { Connection, ConnectOptions, SshRoute } from "./connection.ts";
import { knownHostLine } from "./known_hosts.ts";
import { makeTransport, type TransportOptions } from "./mod.ts";
import { HostKeyError } from "./problems.ts";
import { follow, options, runScript, script, START, until } from "./testing.ts";

const missing = await sshdMissing();
if (missing !== undefined) console.log(`Tests of ssh are ignored: ${missing}`);

let sshd: TestSshd;
let folder: string;

if (missing === undefined) {
  Deno.test.beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: "pallet-ssh-" });
    sshd = await startSshd();
  });
  Deno.test.afterAll(async () => {
    await sshd.stop();
    await Deno.remove(folder, { recursive: true });
  });
}

function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, ignore: missing !== undefined, fn: body });
}

let runs = 0;

type Connect = (
  route: Partial<SshRoute>,
  changes?: Partial<ConnectOptions> & { run?: string },
) => Promise<Connection>;

/** Runs a body with a transport of its own; its connections have the leases of one run. */
async function withTransport(
  body: (connect: Connect, stateDir: string) => Promise<void>,
  changes: Partial<TransportOptions> = {},
): Promise<void> {
  // A test that cut its connections left its lease.
  await sshd.exec("rm -f /var/lib/pallet/lease");
  const stateDir = await Deno.makeTempDir({ dir: folder });
  const transport = makeTransport({
    stateDir,
    agentSocket: "",
    knownHosts: [],
    sshConfig: "none",
    ...changes,
  });
  const run = `ssh-${++runs}`;
  try {
    await body((route, more) => transport.connect(sshd.route(route), options({ run, ...more })), stateDir);
  } finally {
    await transport.close();
  }
}

async function withProxy(
  settings: { roundTrip?: number; port?: number },
  body: (proxy: Proxy) => Promise<void>,
): Promise<void> {
  const proxy = startProxy({ port: sshd.port, ...settings });
  try {
    await body(proxy);
  } finally {
    await proxy.close();
  }
}

/** That a connection fails, with a message and help for people. */
async function fails(attempt: Promise<unknown>, message: RegExp): Promise<PalletError> {
  let seen: unknown;
  await assert.rejects(attempt, (error) => {
    seen = error;
    return true;
  });
  assert.match(String(seen), message);
  const error = seen as PalletError;
  assert.equal(error.kind, "unreachable");
  assert.ok((error.help ?? "").length > 10);
  return error;
}

test("a connection costs the login and two round trips, and each phase one", () =>
  withTransport((connect) =>
    withProxy({ roundTrip: 100 }, async (proxy) => {
      const begun = performance.now();
      const connection = await connect({ port: proxy.port });
      const connected = performance.now() - begun;
      // TCP, versions and keys, service, key offered, key signed, channel, loop: nine at most.
      assert.ok(connected < 1000 + 900, `${connected} ms`);
      for (let phase = 0; phase < 3; phase++) {
        const before = proxy.roundTrips;
        const seen = await runScript(connection, script("echo hello; sleep 0.05; note a"));
        assert.equal(seen.end, "ended");
        assert.equal(proxy.roundTrips - before, 1);
      }
      assert.ok(connection.counts.sent > 1000 && connection.counts.received > 100);
    })
  ));

for (const user of ["root", "admin", "dash", "fish", "tcsh"]) {
  test(`scripts run as root whatever the login shell: ${user}`, () =>
    withTransport(async (connect) => {
      const connection = await connect({ user });
      const seen = await runScript(connection, script("id -u; echo $HOME; cat"));
      assert.equal(seen.output, "0\n/root\n");
      assert.equal(seen.end, "ended");
    }));
}

test("output is kept in memory where /run is", () =>
  withTransport(async (connect) => {
    const connection = await connect({});
    const seen = await runScript(connection, script("readlink /proc/self/fd/1 >&2; readlink /proc/$$/fd/2"));
    assert.match(seen.output, /^\/run\/pallet\/scripts\/.*$/m);
  }));

test("what a login shell prints by itself disturbs nothing", () =>
  withTransport(async (connect) => {
    await sshd.exec("echo 'echo noise; echo noise >&2; echo @ready 5' >/home/admin/.bashrc");
    const connection = await connect({ user: "admin" });
    assert.equal((await runScript(connection, script("echo mine"))).output, "mine\n");
    await sshd.exec("rm /home/admin/.bashrc");
  }));

test("sudo that asks for a password, a shell that runs nothing, and a node without bash have their messages", () =>
  withTransport(async (connect) => {
    await fails(
      connect({ user: "asks" }),
      /Cannot become root on node-1 .*: it wants a password of "asks", and none is known/,
    );
    await fails(connect({ user: "nologin" }), /This account is currently not available/);
    await sshd.exec("mv /usr/bin/bash /usr/bin/bash.away");
    try {
      await fails(connect({ user: "dash" }), /it has no bash/);
    } finally {
      await sshd.exec("mv /usr/bin/bash.away /usr/bin/bash");
    }
  }));

test("fault 1: refused is said at once", () =>
  withTransport(async (connect) => {
    const before = performance.now();
    await fails(connect({ port: freePort() }), /node-1 \(127\.0\.0\.1:\d+\): the connection was refused/);
    assert.ok(performance.now() - before < 2000);
  }));

test("fault 12: a name that does not exist is named", () =>
  withTransport(async (connect) => {
    await fails(connect({ address: "nowhere.invalid" }), /nowhere\.invalid/);
  }));

test("fault 2: a black hole and a tarpit end with the time to connect, and say what was missing", () =>
  withTransport((connect) =>
    withProxy({}, async (proxy) => {
      proxy.swallow();
      await fails(connect({ port: proxy.port }, { connectTimeout: 1 }), /no ssh banner within 1 s/);
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const tarpit = (async () => {
        for await (const connection of listener) {
          try {
            while (true) {
              await connection.write(new TextEncoder().encode("still here\r\n"));
              await new Promise((resolve) => setTimeout(resolve, 50));
            }
          } catch {
            connection.close();
          }
        }
      })();
      await fails(
        connect({ port: listener.addr.port }, { connectTimeout: 1 }),
        /no ssh banner, only "still here.*", within 1 s/,
      );
      listener.close();
      await tarpit;
    })
  ));

test("something that is no ssh server is told from one", () =>
  withTransport(async (connect) => {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("hello"));
    await fails(connect({ port: server.addr.port }, { connectTimeout: 3 }), /Cannot/);
    await server.shutdown();
  }));

test("a wrong host key is refused before anything of the login is sent, with both fingerprints", () =>
  withTransport(async (connect) => {
    const other = await makeKey(`${folder}/other-host`, ["-t", "ed25519"]);
    const key = (await Deno.readTextFile(`${other}.pub`)).trim();
    const since = (await sshd.log()).length;
    const error = await fails(
      connect({ hostKeys: [key] }),
      /host key is wrong: it should be SHA256:\S{43} by its provider, and is SHA256:\S{43}/,
    );
    assert.ok(error instanceof HostKeyError);
    assert.doesNotMatch((await sshd.log()).slice(since), /publickey|user root/);
  }));

test("an unknown host is refused with its fingerprint, or remembered when told so", () =>
  withTransport(async (connect, stateDir) => {
    await fails(connect({ hostKeys: [] }), /nobody has told of its host key SHA256:\S{43}/);
    await assert.rejects(Deno.stat(`${stateDir}/known_hosts`), Deno.errors.NotFound);
  }).then(() =>
    withTransport(async (connect, stateDir) => {
      await Deno.writeTextFile(`${stateDir}/known_hosts`, "# no line end");
      const aliases = Array.from({ length: 6 }, (_, at) => `node-${at}`);
      await Promise.all(aliases.map(async (hostKeyAlias) => {
        await (await connect({ hostKeys: [], hostKeyAlias })).close();
      }));
      const lines = (await Deno.readTextFile(`${stateDir}/known_hosts`)).trim().split("\n");
      assert.equal(lines.length, 7);
      assert.deepEqual(new Set(lines.slice(1).map((line) => line.split(" ")[0])), new Set(aliases));
      // What is remembered holds: the next key must be the same.
      await (await connect({ hostKeys: [], hostKeyAlias: "node-3" })).close();
      const [, type = "", key = ""] = /^(\S+) (\S+)/.exec(sshd.hostKeys[0] ?? "") ?? [];
      const changed = `${key.slice(0, -4)}AAAA`;
      await Deno.writeTextFile(`${stateDir}/known_hosts`, knownHostLine("node-3", type, changed));
      await fails(connect({ hostKeys: [], hostKeyAlias: "node-3" }), /known_hosts:1, and is SHA256/);
    }, { acceptNew: true })
  ));

test("the user's known_hosts counts: plain, with its port, hashed", async () => {
  const [type, key] = (sshd.hostKeys[1] ?? "").split(" ");
  const plain = `${folder}/plain_known_hosts`;
  const line = `[127.0.0.1]:${sshd.port},other ${type} ${key}\n`;
  await Deno.writeTextFile(plain, `rubbish\n${line}`);
  const hashed = `${folder}/hashed_known_hosts`;
  await Deno.writeTextFile(hashed, line);
  await new Deno.Command("ssh-keygen", { args: ["-H", "-f", hashed], stdout: "null", stderr: "null" })
    .output();
  assert.match(await Deno.readTextFile(hashed), /\|1\|/);
  for (const file of [plain, hashed]) {
    await withTransport(async (connect) => {
      const connection = await connect({ hostKeys: [] });
      assert.equal((await runScript(connection, script("echo in"))).output, "in\n");
    }, { knownHosts: [`${folder}/none`, file] });
  }
});

test("a login that fails says which keys were tried, and which could not be", () =>
  withTransport(async (connect) => {
    const stranger = await makeKey(`${folder}/stranger`, ["-t", "ed25519"]);
    const locked = `${folder}/locked`;
    await new Deno.Command("ssh-keygen", { args: ["-q", "-t", "ed25519", "-N", "secret", "-f", locked] })
      .output();
    const identities = [stranger, locked, `${folder}/none`, `${stranger}.pub`];
    const error = await fails(
      connect({ identities, user: "admin" }),
      /Cannot log in to node-1 .* as "admin"/,
    );
    assert.match(error.message, new RegExp(`tried ${stranger}`));
    assert.match(error.message, new RegExp(`${locked}: it is protected by a passphrase`));
    assert.match(error.message, /none: there is no such file/);
    assert.match(error.message, /stranger\.pub: it is a public key/);
    await fails(connect({ identities: [`${folder}/none`] }), /there is no key to try/);
  }));

test("keys of every type log in: ed25519, RSA and ECDSA, however they are written", async () => {
  const made: string[] = [];
  const kinds = [["ed25519"], ["rsa", "2048"], ["ecdsa", "256"], ["ecdsa", "384"], ["ecdsa", "521"]];
  for (const [type = "", bits] of kinds) {
    const forms = type === "ed25519" ? [[]] : [[], ["-m", "PEM"], ["-m", "PKCS8"]];
    for (const form of forms) {
      const bitOptions = bits === undefined ? [] : ["-b", bits];
      made.push(await makeKey(`${folder}/key-${made.length}`, ["-t", type, ...bitOptions, ...form]));
    }
  }
  const authorized = await Promise.all(made.map((path) => Deno.readTextFile(`${path}.pub`)));
  await sshd.exec(`cat >>/etc/ssh/authorized_keys <<'END'\n${authorized.join("")}END`);
  await withTransport(async (connect) => {
    for (const identity of made) await (await connect({ identities: [identity] })).close();
  });
});

test("the keys of an agent log in, and an agent that is not there is named", async () => {
  const socket = `${folder}/agent`;
  const agent = new Deno.Command("ssh-agent", { args: ["-D", "-a", socket], stdout: "null", stderr: "null" })
    .spawn();
  try {
    await until("the agent answers", async () => await Deno.stat(socket).then(() => true, () => false));
    const stranger = await makeKey(`${folder}/agents-stranger`, ["-t", "ecdsa"]);
    const add = { args: ["-q", stranger, sshd.identity], env: { SSH_AUTH_SOCK: socket } };
    assert.ok((await new Deno.Command("ssh-add", { ...add, stderr: "null" }).output()).success);
    await withTransport(async (connect) => {
      const connection = await connect({ identities: [stranger] });
      assert.equal((await runScript(connection, script("echo in"))).output, "in\n");
    }, { agentSocket: socket });
  } finally {
    agent.kill();
    await agent.status;
  }
  await withTransport(async (connect) => {
    await fails(
      connect({ identities: [`${folder}/none`] }),
      /there is no key to try; .*the agent .*gone cannot be asked: there is no such socket/,
    );
  }, { agentSocket: `${folder}/gone` });
});

test("fault 3: a connection cut before the claim, while a script is on its way, sends it again", () =>
  withTransport((connect) =>
    withProxy({}, async (proxy) => {
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
    withProxy({}, async (proxy) => {
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

test("fault 5: a connection cut when a script has ended is regained, and the end is told once", () =>
  withTransport((connect) =>
    withProxy({}, async (proxy) => {
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
    withProxy({}, async (proxy) => {
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
    withProxy({}, async (proxy) => {
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

test("fault 6, fault 8: sshd and the loop may be killed while a script runs", () =>
  withTransport(async (connect) => {
    const connection = await connect({});
    const sent = script("echo one; kill -9 $(pgrep -x sshd); sleep 0.5; echo two");
    const seen = await runScript(connection, sent);
    assert.equal(seen.end, "ended");
    assert.equal(seen.output, "one\ntwo\n");
    const loop = script(
      'read -r _ _ _ _ token <"/var/lib/pallet/lease"; echo one; kill -9 ${token%%.*}; sleep 1; echo two',
    );
    const again = await runScript(connection, loop);
    assert.equal(again.end, "ended");
    assert.equal(again.output, "one\ntwo\n");
    assert.equal(connection.counts.reconnects, 2);
  }));

test("close() leaves nothing of the loop on the node, and what runs goes on", () =>
  withTransport(async (connect) => {
    const connection = await connect({ user: "admin" });
    await connection.start(script("sleep 0.5; echo x >/tmp/left"));
    await connection.close();
    const left = "pgrep -u admin; pgrep -x 'tail|flock|sudo|head'; true";
    await until("the loop ends", async () => (await sshd.exec(left)) === "");
    await until("the script ends", async () => (await sshd.exec("cat /tmp/left 2>&1 || true")) === "x\n");
  }));

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

test("fault 10: a server that turns everybody away is waited for, then told of", () =>
  withTransport(async (connect) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let asked = 0;
    const turning = (async () => {
      for await (const connection of listener) {
        asked++;
        connection.close();
      }
    })();
    await fails(connect({ port: listener.addr.port }, { connectTimeout: 2 }), /Cannot connect to node-1/);
    assert.ok(asked >= 3, `${asked} attempts`);
    listener.close();
    await turning;
  }));

test("a connection can be given up while it is made", () =>
  withTransport((connect) =>
    withProxy({}, async (proxy) => {
      proxy.swallow();
      const signal = AbortSignal.timeout(200);
      await assert.rejects(connect({ port: proxy.port }, { signal }), /timeout/);
    })
  ));
