// Nodes by ssh: real OpenSSH on loopback, and a proxy that stands for the network.
import assert from "node:assert/strict";
import { fails, serveTests, sshd, test, withProxy, withTransport } from "./ssh_testing.ts";
import { follow, runScript, script, until } from "./testing.ts";

serveTests();

test("a connection costs the login and two round trips, and each phase one", () =>
  withTransport((connect) =>
    withProxy(async (proxy) => {
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
    }, { roundTrip: 100 })
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

test("output is kept on the disk, that of scripts with secrets in memory where /run is", () =>
  withTransport(async (connect) => {
    const connection = await connect({});
    const [plain, secret] = [1, 2].map(() => script("readlink /proc/self/fd/1 >&2; readlink /proc/$$/fd/2"));
    assert.ok(plain !== undefined && secret !== undefined);
    assert.match((await runScript(connection, plain)).output, /^(\/var\/lib\/pallet\/scripts\/.*\n)\1$/);
    await connection.start(secret, undefined, new Map([["a", "b"]]));
    assert.match((await follow(connection, secret)).output, /^(\/run\/pallet\/scripts\/.*\n)\1$/);
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

test("close() leaves nothing of the loop on the node, and what runs goes on", () =>
  withTransport(async (connect) => {
    const connection = await connect({ user: "admin" });
    await connection.start(script("sleep 0.5; echo x >/tmp/left"));
    await connection.close();
    const left = "pgrep -u admin; pgrep -x 'tail|flock|sudo|head'; true";
    await until("the loop ends", async () => (await sshd.exec(left)) === "");
    await until("the script ends", async () => (await sshd.exec("cat /tmp/left 2>&1 || true")) === "x\n");
  }));

test("a connection can be given up while it is made", () =>
  withTransport((connect) =>
    withProxy(async (proxy) => {
      proxy.swallow();
      const signal = AbortSignal.timeout(200);
      await assert.rejects(connect({ port: proxy.port }, { signal }), /timeout/);
    })
  ));
