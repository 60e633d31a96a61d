// Host keys and certificates of real OpenSSH servers: which are taken, which are refused, and what is sent before that.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { makeKey, sshdMissing, startSshd, type TestSshd } from "../../tests/support/sshd.ts";
import type { Question } from "./ask.ts";
import type { SshRoute } from "./connection.ts";
import { fingerprint } from "./host_keys.ts";
import { knownHostLine } from "./known_hosts.ts";
import { makeTransport, type TransportOptions } from "./mod.ts";
import { HostKeyError } from "./problems.ts";
import { options, runScript, script, until } from "./testing.ts";

const missing = await sshdMissing();
if (missing !== undefined) console.log(`Tests of host keys with servers are ignored: ${missing}`);

let sshd: TestSshd;
let folder: string;
let authority: string;
/** A key that no server here has. */
let strange: { readonly type: string; readonly key: string };

if (missing === undefined) {
  Deno.test.beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: "pallet-host-keys-" });
    authority = await makeKey(`${folder}/authority`, ["-t", "ecdsa", "-b", "521"]);
    strange = await publicKey(await makeKey(`${folder}/strange`, ["-t", "ed25519"]));
    sshd = await startSshd({
      config: [
        "LogLevel DEBUG2",
        "RekeyLimit 100K",
        "HostCertificate /etc/ssh/host_ed25519-cert.pub",
        "HostCertificate /etc/ssh/host_ecdsa-cert.pub",
        "HostCertificate /etc/ssh/host_rsa-cert.pub",
      ],
    });
  });
  Deno.test.afterAll(async () => {
    await sshd.stop();
    await Deno.remove(folder, { recursive: true });
  });
}

function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, ignore: missing !== undefined, fn: body });
}

async function publicKey(path: string): Promise<{ type: string; key: string }> {
  const [type = "", key = ""] = (await Deno.readTextFile(`${path}.pub`)).split(" ");
  return { type, key };
}

/** The server's key of a type. */
function keyOf(type: string): { readonly type: string; readonly key: string; readonly print: string } {
  const line = sshd.hostKeys.find((one) => one.startsWith(type)) ?? "";
  const [name = "", key = ""] = line.split(" ");
  return { type: name, key, print: fingerprint(key) };
}

/** The name of the server in the user's files. */
const address = () => `[127.0.0.1]:${sshd.port}`;

interface Files {
  readonly own?: string;
  readonly user?: string;
}

let runs = 0;

/** What came of a login: what our file holds afterwards, or why it was refused. */
async function enter(
  files: Files,
  route: Partial<SshRoute> = {},
  changes: Partial<TransportOptions> = {},
): Promise<
  { readonly own: string; readonly refused?: HostKeyError; readonly log: string; readonly user: string }
> {
  await sshd.exec("rm -f /var/lib/pallet/lease");
  const stateDir = await Deno.makeTempDir({ dir: folder });
  const [own, user] = [`${stateDir}/known_hosts`, `${stateDir}/user`];
  if (files.own !== undefined) await Deno.writeTextFile(own, files.own);
  await Deno.writeTextFile(user, files.user ?? "");
  // What it says of those before must not be taken for this one's.
  await until(
    "earlier logins have ended",
    async () => await sshd.exec("pgrep -f '[s]shd: root' || true") === "",
  );
  const since = (await sshd.log()).length;
  const transport = makeTransport({ stateDir, agentSocket: "", knownHosts: [user], ...changes });
  const told = async () => ({
    own: await Deno.readTextFile(own).catch(() => ""),
    log: (await sshd.log()).slice(since),
    user,
  });
  try {
    const plain = changes.sshConfig === undefined ? { sshConfig: false } as const : {};
    const connection = await transport.connect(
      sshd.route({ hostKeys: [], ...plain, ...route }),
      options({ run: `host-keys-${++runs}` }),
    );
    // Enough for another key exchange, in which the server shows its key again.
    const { output } = await runScript(connection, script("head -c 400000 /dev/zero | tr '\\0' x"));
    assert.equal(output, "x".repeat(400_000));
    const entered = await told();
    assert.match(entered.log, /userauth-request for user root/);
    assert.match(entered.log, /rekey/i);
    return entered;
  } catch (thrown) {
    assert.ok(thrown instanceof HostKeyError, String(thrown));
    // The server has noticed that the connection is gone.
    await until("the server's word", async () => /closed by|disconnect|reset/i.test((await told()).log));
    return { ...await told(), refused: thrown };
  } finally {
    await transport.close();
  }
}

type Entered = Awaited<ReturnType<typeof enter>>;

/** That a login was refused, and nothing of it had been sent. */
function refusedBefore({ refused, log, own }: Entered, message: RegExp, before = ""): void {
  assert.ok(refused !== undefined, "it was let in");
  assert.match(refused.message, message);
  assert.ok((refused.help ?? "").length > 20);
  assert.doesNotMatch(log, /userauth-request|user root|publickey|service ssh-userauth/i);
  assert.match(log, /preauth|kex/);
  assert.equal(own, before);
}

test("fault 16: an unknown key is refused when nobody can be asked, before anything of the login is sent", async () => {
  const { print } = keyOf("ssh-ed25519");
  const entered = await enter({});
  refusedBefore(
    entered,
    /Refused to log in to node-1 \(127\.0\.0\.1:\d+\): nobody has told of its host key SHA256/,
  );
  assert.ok(entered.refused?.message.endsWith(print));
  assert.match(entered.refused?.help ?? "", /--accept-new-host-keys, or add the key to .*user/);
});

test("fault 16: it is taken by explicit choice, and remembered by the node's id", async () => {
  const { type, key } = keyOf("ssh-ed25519");
  const line = knownHostLine("node-1", type, key);
  assert.equal((await enter({}, {}, { acceptNew: true })).own, line);
  // By ssh's configuration, in which `no` takes no more than this.
  for (const choice of ["accept-new", "no"]) {
    const sshConfig = `${folder}/config-${choice}`;
    await Deno.writeTextFile(sshConfig, `Host *\nStrictHostKeyChecking ${choice}\n`);
    assert.equal((await enter({}, {}, { sshConfig })).own, line);
    const changed = knownHostLine("node-1", strange.type, strange.key);
    refusedBefore(await enter({ own: changed }, {}, { sshConfig }), /known_hosts:1, and is/, changed);
  }
  // By a configuration, which wins over that of ssh, as the call wins over both.
  const yes = `${folder}/config-no-strict`;
  await Deno.writeTextFile(yes, "StrictHostKeyChecking yes\n");
  assert.equal((await enter({}, { hostKeyChoice: "accept-new" }, { sshConfig: yes })).own, line);
  const loose = `${folder}/config-loose`;
  await Deno.writeTextFile(loose, "StrictHostKeyChecking accept-new\n");
  const ask = () => Promise.reject(new Error("nobody is asked"));
  refusedBefore(
    await enter({}, { hostKeyChoice: "strict" }, { sshConfig: loose, ask }),
    /nobody has told of its host key/,
  );
  assert.equal((await enter({}, { hostKeyChoice: "strict" }, { acceptNew: true })).own, line);
  // By the provider's word, which is not kept: it is asked each time.
  assert.equal((await enter({}, { hostKeys: [`${type} ${key}`] })).own, "");
});

test("fault 16: a person is asked once, and may answer with the fingerprint", async () => {
  const { type, key, print } = keyOf("ssh-ed25519");
  const asked: Question[] = [];
  const answering = (...answers: readonly (string | undefined)[]) => {
    asked.length = 0;
    return (question: Question) => {
      asked.push(question);
      return Promise.resolve(answers[asked.length - 1]);
    };
  };
  const line = knownHostLine("node-1", type, key);
  assert.equal((await enter({}, {}, { ask: answering("yes") })).own, line);
  assert.deepEqual(asked, [{
    kind: "host-key",
    text: `The host key of node-1 (127.0.0.1:${sshd.port}) is ${print} (ssh-ed25519). ` +
      "Continue? (yes/no/fingerprint) ",
  }]);
  assert.equal((await enter({}, {}, { ask: answering("what?", print) })).own, line);
  for (const answers of [["no"], [undefined], [fingerprint(strange.key)], ["?", "?", "?", "yes"]]) {
    refusedBefore(await enter({}, {}, { ask: answering(...answers) }), /nobody has told/);
    assert.ok(asked.length <= 3);
  }
  const sshConfig = `${folder}/config-yes`;
  await Deno.writeTextFile(sshConfig, "StrictHostKeyChecking yes\n");
  refusedBefore(await enter({}, {}, { ask: answering("yes"), sshConfig }), /nobody has told/);
  assert.equal(asked.length, 0);
  // A key that has changed is no question.
  const own = knownHostLine("node-1", strange.type, strange.key);
  refusedBefore(await enter({ own }, {}, { ask: answering("yes") }), /should be/, own);
  assert.equal(asked.length, 0);
});

test("fault 17: a changed key is refused before anything of the login is sent, with both fingerprints and the line", async () => {
  const { print } = keyOf("ssh-ed25519");
  const was = fingerprint(strange.key).replaceAll(/[+/]/g, "\\$&");
  const own = `# ours\n${knownHostLine("node-1", strange.type, strange.key)}`;
  for (const acceptNew of [false, true]) {
    const mine = await enter({ own }, {}, { acceptNew });
    refusedBefore(mine, new RegExp(`it should be ${was} by \\S+/known_hosts:2, and is SHA256`), own);
    assert.ok(mine.refused?.message.endsWith(print));
    const user = `\n${address()} ${strange.type} ${strange.key}\n`;
    refusedBefore(
      await enter({ user }, {}, { acceptNew }),
      new RegExp(`should be ${was} by \\S+/user:2, and is`),
    );
    const hostKeys = [`${strange.type} ${strange.key}`];
    refusedBefore(
      await enter({}, { hostKeys }, { acceptNew }),
      new RegExp(`should be ${was} by its provider`),
    );
  }
});

test("fault 18: known_hosts counts hashed, by port, wildcard and negation; a line that cannot be read is told", async () => {
  const { type, key } = keyOf("ecdsa");
  const line = `${address()} ${type} ${key}\n`;
  const hashed = `${folder}/hashed`;
  await Deno.writeTextFile(hashed, line);
  await new Deno.Command("ssh-keygen", { args: ["-H", "-f", hashed], stdout: "null", stderr: "null" })
    .output();
  const forms = [
    `web-1\n# comment\n${line}`,
    await Deno.readTextFile(hashed),
    `[127.*]:*,!10.* ${type} ${key} a comment\n`,
    `node-?,[node-?]:* ${type} ${key}\n`,
  ];
  for (const user of forms) {
    const warnings: string[] = [];
    const entered = await enter({ user }, {}, { warn: (text) => warnings.push(text) });
    assert.equal(entered.refused, undefined, user);
    assert.deepEqual(warnings, user === forms[0] ? [`${entered.user}:1: it names no host with a key`] : []);
  }
  refusedBefore(await enter({ user: `[127.*]:*,!${address()} ${type} ${key}\n` }), /nobody has told/);
});

test("fault 18: a revoked key is refused, whoever else knows it", async () => {
  const { type, key, print } = keyOf("ssh-ed25519");
  const user = `@revoked * ${type} ${key}\n${address()} ${type} ${key}\n`;
  refusedBefore(await enter({ user }, {}, { acceptNew: true }), /SHA256:\S+ is revoked by \S+\/user:1/);
  const sshConfig = `${folder}/config-revoked`;
  await Deno.writeTextFile(`${folder}/revoked`, `# lost\n${type} ${key} lost\n`);
  await Deno.writeTextFile(sshConfig, `RevokedHostKeys ${folder}/revoked\n`);
  const entered = await enter({}, { hostKeys: [`${type} ${key}`] }, { sshConfig });
  refusedBefore(entered, /is revoked by \S+\/revoked:2/);
  assert.ok(entered.refused?.message.includes(print));
});

test("fault 18: fifty processes at once add their lines, and none is lost", async () => {
  const path = `${folder}/shared/known_hosts`;
  await Deno.mkdir(`${folder}/shared`);
  await Deno.writeTextFile(path, "# a line without its end");
  const module = new URL("./host_key_files.ts", import.meta.url).href;
  const code = `import { remember } from ${JSON.stringify(module)};
    const key = Uint8Array.from(atob(${JSON.stringify(strange.key)}), (letter) => letter.charCodeAt(0));
    const { promise, resolve } = Promise.withResolvers();
    setTimeout(resolve, Number(Deno.args[1]) - Date.now());
    await promise;
    for (let at = 0; at < 4; at++) remember(${JSON.stringify(path)}, \`\${Deno.args[0]}-\${at}\`, key);`;
  const child = `${folder}/shared/child.ts`;
  await Deno.writeTextFile(child, code);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const start = String(Date.now() + 6000);
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--config", config, child, `process-${at}`, start],
      }).output()),
  );
  for (const { success, stderr } of results) assert.ok(success, new TextDecoder().decode(stderr));
  const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
  const expected = Array.from(
    { length: 200 },
    (_, at) => knownHostLine(`process-${at >> 2}-${at & 3}`, strange.type, strange.key).trim(),
  );
  assert.deepEqual(lines.toSorted(), ["# a line without its end", ...expected].toSorted());
});

test("fault 19: a key is tied to the node's id, so that an address may pass from one machine to another", async () => {
  const { type, key } = keyOf("ssh-ed25519");
  // The address was another machine's, which Pallet knew by its id.
  const own = knownHostLine("vm-old", strange.type, strange.key);
  const moved = await enter({ own }, { hostKeyAlias: "vm-new" }, { acceptNew: true });
  assert.equal(moved.own, own + knownHostLine("vm-new", type, key));
  // The old one is not taken for the new one, which has its address.
  refusedBefore(
    await enter({ own: moved.own }, { hostKeyAlias: "vm-old" }, { acceptNew: true }),
    /Refused to log in to vm-old .*should be .*known_hosts:1/,
    moved.own,
  );
  // The user's file knows addresses: an old key is refused there, unless the provider or our file knows better.
  const user = `${address()} ${strange.type} ${strange.key}\n`;
  refusedBefore(await enter({ user }, { hostKeyAlias: "vm-new" }, { acceptNew: true }), /should be .*user:1/);
  assert.equal((await enter({ user }, { hostKeys: [`${type} ${key}`] })).refused, undefined);
  assert.equal((await enter({ user, own: moved.own }, { hostKeyAlias: "vm-new" })).refused, undefined);
});

/** Gives the server certificates for its keys. */
async function certify(types: readonly string[], ...args: readonly string[]): Promise<void> {
  await sshd.exec("rm -f /etc/ssh/*-cert.pub");
  for (const type of types) {
    const path = `${folder}/host_${type}.pub`;
    const line = sshd.hostKeys.find((one) => one.includes(type)) ?? "";
    await Deno.writeTextFile(path, `${line}\n`);
    const command = ["-q", "-s", authority, "-I", `host ${type}`, "-h", ...args, path];
    const { success, stderr } = await new Deno.Command("ssh-keygen", { args: command }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const certificate = await Deno.readTextFile(path.replace(".pub", "-cert.pub"));
    await sshd.exec(`printf '%s' '${certificate.trim()}' >/etc/ssh/host_${type}-cert.pub`);
  }
  const since = (await sshd.log()).length;
  await sshd.exec(
    `for it in /proc/[0-9]*; do grep -qx "sshd" $it/comm && grep -q "listener\\|-D" $it/cmdline && kill -HUP \${it#/proc/}; done; true`,
  );
  await until("the server reads them", async () => /Server listening/.test((await sshd.log()).slice(since)));
}

const NOW = ["-V", "-1m:+1h"];

test("fault 20: a certificate of a known authority is taken, of ed25519 and ECDSA, also after a new key exchange", async () => {
  const { type, key } = await publicKey(authority);
  const user = `@cert-authority [127.0.0.*]:* ${type} ${key}\n`;
  for (const kind of ["ed25519", "ecdsa"]) {
    await certify([kind], "-n", "127.0.0.1,web.example", ...NOW);
    const entered = await enter({ user });
    assert.equal(entered.refused, undefined, String(entered.refused));
    assert.equal(entered.own, "");
    assert.match(entered.log, /kex: host key algorithm: \S+-cert-v01@openssh\.com/);
  }
  // By the name that ssh's configuration gives the host.
  const sshConfig = `${folder}/config-alias`;
  await Deno.writeTextFile(sshConfig, "HostKeyAlias web.example\n");
  const named = { user: `@cert-authority *.example ${type} ${key}\n` };
  assert.equal((await enter(named, {}, { sshConfig })).refused, undefined);
});

test("fault 20: a certificate that is expired, early, or for another host is refused", async () => {
  const { type, key } = await publicKey(authority);
  const user = `@cert-authority * ${type} ${key}\n`;
  const known = `${user}${address()} ${keyOf("ssh-ed25519").type} ${keyOf("ssh-ed25519").key}\n`;
  const start = /certificate "host ed25519", of the authority at \S+\/user:1, is not to be trusted: /;
  for (
    const [args, why] of [
      [["-n", "127.0.0.1", "-V", "-2h:-1h"], /it expired at 20\d\d-\d\d-\d\dT/],
      [["-n", "127.0.0.1", "-V", "+1h:+2h"], /it is not valid before 20/],
      [["-n", "db.example", ...NOW], /it is for db\.example, and not for 127\.0\.0\.1 or node-1/],
      [["-n", "127.0.0.1", "-O", "critical:other=1", ...NOW], /it has a condition that is not known: other/],
    ] as const
  ) {
    await certify(["ed25519"], ...args);
    for (const acceptNew of [false, true]) {
      refusedBefore(
        await enter({ user: known }, {}, { acceptNew }),
        new RegExp(`${start.source}${why.source}`),
      );
    }
  }
});

test("fault 20: an authority that is revoked, or another one, vouches for nobody", async () => {
  const { type, key } = await publicKey(authority);
  await certify(["ed25519"], "-n", "127.0.0.1", ...NOW);
  const revoked = `@cert-authority * ${type} ${key}\n@revoked * ${type} ${key}\n`;
  refusedBefore(await enter({ user: revoked }, {}, { acceptNew: true }), /is revoked by \S+user:2/);
  const other = `@cert-authority * ${strange.type} ${strange.key}\n`;
  refusedBefore(
    await enter({ user: other }),
    /nobody has told of its host key SHA256:\S+, and it shows no certificate of the authority at \S+\/user:1/,
  );
  // Its plain key may be known all the same.
  const host = keyOf("ssh-ed25519");
  assert.equal((await enter({ user: `${other}${address()} ${host.type} ${host.key}\n` })).refused, undefined);
  // What a certificate holds is the key, and that is what is remembered.
  const { own } = await enter({ user: other }, {}, { acceptNew: true });
  assert.equal(own, knownHostLine("node-1", host.type, host.key));
});

test("fault 20: a certificate whose signature was tampered with is refused", async () => {
  await certify(["ed25519"], "-n", "127.0.0.1", ...NOW);
  const { type, key } = await publicKey(authority);
  const [name = "", encoded = ""] = (await sshd.exec("cat /etc/ssh/host_ed25519-cert.pub")).split(" ");
  const bytes = Buffer.from(encoded, "base64");
  const at = bytes.indexOf("127.0.0.1");
  const { hostKeysOf } = await import("./host_keys.ts");
  const file = `${folder}/tampered`;
  await Deno.writeTextFile(file, `@cert-authority * ${type} ${key}\n`);
  const settled = { ...sshd.route({ hostKeys: [] }), address: "127.0.0.9" };
  const keys = await hostKeysOf(settled, {
    ownKnownHosts: `${folder}/none`,
    knownHosts: [file],
    acceptNew: true,
  });
  assert.ok(keys.certified && name.includes("-cert-"));
  bytes[at + 8] = "9".charCodeAt(0);
  assert.throws(() => keys.check(bytes), /it is not signed by its authority SHA256:/);
  assert.throws(
    () => keys.check(bytes.subarray(0, 200)),
    /its certificate cannot be read: it ends too early/,
  );
});
