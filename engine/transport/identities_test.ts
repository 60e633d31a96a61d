// Keys, agents and certificates with real OpenSSH servers and agents.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { makeKey, sshdMissing, startSshd, type TestSshd, withSshd } from "../../tests/support/sshd.ts";
import { Secret } from "../secrets/secret.ts";
import type { Question } from "./ask.ts";
import type { SshRoute } from "./connection.ts";
import { joinBytes } from "./lines.ts";
import { makeTransport, type TransportOptions } from "./mod.ts";
import { SshAgent } from "./ssh_agent/agent.ts";
import { options, until } from "./testing.ts";
import { field, FieldReader, uint32 } from "./wire.ts";

const missing = await sshdMissing();
if (missing !== undefined) console.log(`Tests of keys with servers are ignored: ${missing}`);

const PASSPHRASE = "correct horse";

let sshd: TestSshd;
let folder: string;
let authority: string;

if (missing === undefined) {
  Deno.test.beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: "pallet-keys-" });
    authority = await makeKey(`${folder}/authority`, ["-t", "ecdsa"]);
    const line = (await Deno.readTextFile(`${authority}.pub`)).trim();
    sshd = await startSshd({
      config: ["TrustedUserCAKeys /etc/ssh/authority.pub", "LogLevel DEBUG1"],
      prepare: `echo '${line}' >/etc/ssh/authority.pub`,
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

let runs = 0;

/** Logs in, and out. */
async function enter(
  route: Partial<SshRoute>,
  changes: Partial<TransportOptions> = {},
  server: TestSshd = sshd,
): Promise<void> {
  await enterAll([route], changes, server);
}

/** Logs in to several nodes in one run. */
async function enterAll(
  routes: readonly Partial<SshRoute>[],
  changes: Partial<TransportOptions> = {},
  server: TestSshd = sshd,
): Promise<void> {
  await server.exec("rm -f /var/lib/pallet/lease");
  const stateDir = await Deno.makeTempDir({ dir: folder });
  const transport = makeTransport({ stateDir, agentSocket: "", knownHosts: [], ...changes });
  const run = `keys-${++runs}`;
  try {
    const node = { sshConfig: false } as const;
    await Promise.all(
      routes.map((route) => transport.connect(server.route({ ...node, ...route }), options({ run }))),
    );
  } finally {
    await transport.close();
  }
}

async function fails(attempt: Promise<unknown>): Promise<string> {
  let message = "";
  await assert.rejects(attempt, (thrown) => {
    assert.ok(thrown instanceof Error);
    message = thrown.message;
    return true;
  });
  return message;
}

/** A route of which ssh's configuration says the rest. */
const configured = { identities: [], sshConfig: undefined } as unknown as Partial<SshRoute>;

/** A key that may log in. */
async function trusted(name: string, args: readonly string[]): Promise<string> {
  const path = await makeKey(`${folder}/${name}`, args);
  await trust(await Deno.readTextFile(`${path}.pub`));
  return path;
}

async function trust(line: string): Promise<void> {
  await sshd.exec(`cat >>/etc/ssh/authorized_keys <<'END'\n${line.trim()}\nEND`);
}

async function keygen(...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ssh-keygen", { args: ["-q", ...args] }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Certifies a key for root; gives the certificate's path. */
async function certify(path: string, ...args: readonly string[]): Promise<string> {
  const usual = ["-s", authority, "-I", "test", "-n", "root"];
  await keygen(...usual, ...args.length === 0 ? ["-V", "+1h"] : args, `${path}.pub`);
  return `${path}-cert.pub`;
}

interface TestAgent {
  readonly socket: string;
  run(...args: readonly string[]): Promise<string>;
}

/** A real agent, with keys. */
async function withAgent(keys: readonly string[], body: (agent: TestAgent) => Promise<void>): Promise<void> {
  const socket = `${folder}/agent-${crypto.randomUUID()}`;
  const process = new Deno.Command("ssh-agent", {
    args: ["-D", "-a", socket],
    stdout: "null",
    stderr: "null",
  })
    .spawn();
  const run = async (...args: readonly string[]) => {
    const env = { SSH_AUTH_SOCK: socket };
    const { success, stdout, stderr } = await new Deno.Command("ssh-add", { args: [...args], env }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  try {
    await until("the agent answers", async () => await Deno.stat(socket).then(() => true, () => false));
    if (keys.length > 0) await run("-q", ...keys);
    await body({ socket, run });
  } finally {
    process.kill();
    await process.status;
  }
}

/** Answers an agent's questions by a function; nothing: it never answers. */
async function withFakeAgent(
  answer: (request: FieldReader) => Uint8Array | undefined,
  body: (socket: string) => Promise<void>,
): Promise<void> {
  const socket = `${folder}/agent-${crypto.randomUUID()}`;
  const listener = Deno.listen({ transport: "unix", path: socket });
  const open = new Set<Deno.Conn>();
  const serving = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      void (async () => {
        const bytes = new Uint8Array(64 * 1024);
        const count = await connection.read(bytes);
        const reply = answer(new FieldReader(bytes.slice(4, count ?? 4)));
        if (reply !== undefined) await connection.write(field(reply));
      })().catch(() => {});
    }
  })();
  try {
    await body(socket);
  } finally {
    listener.close();
    for (const connection of open) {
      try {
        connection.close();
      } catch {
        // It has ended by itself.
      }
    }
    await serving;
  }
}

test("fault 21: keys of every type log in, however they are written", async () => {
  const forms: readonly [string, readonly string[]][] = [
    ["OpenSSH", []],
    ["PEM", ["-m", "PEM"]],
    ["PKCS #8", ["-m", "PKCS8"]],
  ];
  const kinds = [["ed25519"], ["rsa", "2048"], ["ecdsa", "256"], ["ecdsa", "384"], ["ecdsa", "521"]];
  const rows: string[] = [];
  for (const [type = "", bits] of kinds) {
    const cells: string[] = [];
    for (const [form, args] of type === "ed25519" ? forms.slice(0, 1) : forms) {
      for (const locked of [false, true]) {
        const path = `${folder}/login-${type}-${bits}-${form}-${locked}`;
        const passphrase = locked ? PASSPHRASE : "";
        const size = bits === undefined ? [] : ["-b", bits];
        await keygen("-t", type, ...size, "-N", passphrase, "-C", "c", "-f", path, ...args);
        await trust(await Deno.readTextFile(`${path}.pub`));
        const asked: string[] = [];
        const ask = (question: Question) => {
          asked.push(question.text);
          return Promise.resolve(PASSPHRASE);
        };
        await enter({ identities: [path] }, { ask });
        assert.deepEqual(asked, locked ? [`Passphrase of ${path}: `] : []);
        cells.push(locked ? `${form} with passphrase` : form);
      }
    }
    rows.push(`${type} ${bits ?? ""}: ${cells.join(", ")}`);
  }
  console.log(`logged in with\n${rows.join("\n")}`);
});

test("fault 21: RSA keys sign by SHA-2, by whichever the server takes", async () => {
  const rsa = await trusted("rsa", ["-t", "rsa"]);
  await enter({ identities: [rsa] });
  assert.match(await sshd.log(), /Accepted publickey for root .* RSA SHA256/);
  const sshConfig = `${folder}/accepted_config`;
  await Deno.writeTextFile(
    sshConfig,
    `IdentityFile ${rsa}\nIdentitiesOnly yes\nPubkeyAcceptedAlgorithms ssh-ed25519\n`,
  );
  assert.match(
    await fails(enter(configured, { sshConfig })),
    /there is no key to try; .*rsa: keys of type ssh-rsa are not allowed by PubkeyAcceptedAlgorithms ssh-ed25519$/,
  );
  for (const hash of ["rsa-sha2-256", "rsa-sha2-512"]) {
    const authorized = [(await Deno.readTextFile(`${rsa}.pub`)).trim()];
    const config = [`PubkeyAcceptedAlgorithms ${hash}`, "LogLevel DEBUG1"];
    await withSshd({ config, authorized }, async (server) => {
      await enter({ identities: [rsa] }, {}, server);
      assert.match(await server.log(), /Accepted publickey for root/);
    });
  }
});

test("fault 21: a passphrase is asked for once a run, when the server would take the key, three times at most", async () => {
  const locked = `${folder}/locked`;
  await keygen("-t", "ed25519", "-N", PASSPHRASE, "-f", locked);
  await trust(await Deno.readTextFile(`${locked}.pub`));
  const questions: string[] = [];
  const asks = (...answers: readonly (string | undefined)[]) => {
    questions.length = 0;
    return (question: Question) => {
      assert.equal(question.kind, "passphrase");
      questions.push(question.text);
      return Promise.resolve(answers[questions.length - 1]);
    };
  };
  // A key that the server does not know needs no passphrase.
  const stranger = `${folder}/locked-stranger`;
  await keygen("-t", "ed25519", "-N", "another", "-f", stranger);
  const identities = [stranger, locked];
  const nodes = ["a", "b", "c", "d"].map((hostKeyAlias) => ({ identities, hostKeyAlias }));
  await enterAll(nodes.slice(0, 1), { ask: asks("wrong", PASSPHRASE) });
  assert.deepEqual(questions, [
    `Passphrase of ${locked}: `,
    `That was wrong (2 of 3). Passphrase of ${locked}: `,
  ]);

  const wrong = await fails(enter({ identities }, { ask: asks("1", "2", "3", PASSPHRASE) }));
  assert.equal(questions.length, 3);
  assert.match(wrong, new RegExp(`tried ${stranger}, ${locked}; ${locked}: the passphrase is wrong$`));
  const none = await fails(enter({ identities }, { ask: asks() }));
  assert.match(none, new RegExp(`${locked}: its passphrase was not given$`));
  // One that is kept somewhere is tried once, and nobody is asked.
  const kept = (text: string) => ({
    passphrases: () => Promise.resolve(new Secret(text)),
    ask: asks("never"),
  });
  await enter({ identities }, kept(PASSPHRASE));
  assert.match(
    await fails(enter({ identities }, kept("wrong"))),
    new RegExp(`${locked}: the passphrase is wrong$`),
  );
  assert.equal(questions.length, 0);
  const silent = await fails(enter({ identities }));
  assert.match(
    silent,
    new RegExp(
      `not used: ${locked}: it is protected by a passphrase, and there is no terminal to ask for it`,
    ),
  );
  assert.match(silent, new RegExp(`add it to an ssh agent: ssh-add ${locked}`));
});

test("fault 23: a wrong passphrase is asked for three times for a whole run, and a password is never tried", async () => {
  const locked = `${folder}/locked-many`;
  await keygen("-t", "ed25519", "-N", PASSPHRASE, "-f", locked);
  await trust(await Deno.readTextFile(`${locked}.pub`));
  let asked = 0;
  const ask = () => Promise.resolve(`wrong ${++asked}`);
  const nodes = Array.from({ length: 6 }, (_, at) => ({ identities: [locked], hostKeyAlias: `many-${at}` }));
  assert.match(await fails(enterAll(nodes, { ask })), /the passphrase is wrong/);
  assert.equal(asked, 3);
  await withSshd({ config: ["PubkeyAuthentication no", "PasswordAuthentication yes"] }, async (server) => {
    const message = await fails(enter({}, {}, server));
    assert.match(message, /; it takes password only$/);
    assert.doesNotMatch(await server.log(), /Failed password|password for root/);
  });
});

test("clocks stand still while a passphrase is typed, of a node and of its jump host, and while a host key is compared", async () => {
  const locked = `${folder}/locked-slow`;
  await keygen("-t", "ed25519", "-N", PASSPHRASE, "-f", locked);
  await trust(await Deno.readTextFile(`${locked}.pub`));
  const sshConfig = `${folder}/slow_config`;
  await Deno.writeTextFile(sshConfig, `IdentityFile ${locked}\n`);
  for (const jump of [[], [{ host: "127.0.0.1", user: "admin", port: sshd.port }]]) {
    await sshd.exec("rm -f /var/lib/pallet/lease");
    const stateDir = await Deno.makeTempDir({ dir: folder });
    const asked: string[] = [];
    const ask = async ({ kind }: Question) => {
      asked.push(kind);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      return kind === "host-key" ? "yes" : PASSPHRASE;
    };
    const transport = makeTransport({ stateDir, agentSocket: "", knownHosts: [], ask, sshConfig });
    try {
      const route = { ...sshd.route({ ...configured, hostKeys: [] }), jump };
      await transport.connect(route, options({ run: "slow", connectTimeout: 2 }));
      assert.deepEqual(asked.toSorted(), [...jump.map(() => "host-key"), "host-key", "passphrase"]);
    } finally {
      await transport.close();
    }
  }
});

test("fault 22: named keys come first, and those of them that the agent has need no passphrase", async () => {
  const locked = `${folder}/in-agent`;
  await keygen("-t", "ed25519", "-N", "", "-f", locked);
  await trust(await Deno.readTextFile(`${locked}.pub`));
  const strangers = await Promise.all(
    Array.from({ length: 49 }, (_, at) => makeKey(`${folder}/many-${at}`, ["-t", "ed25519"])),
  );
  await withAgent([...strangers, locked], async ({ socket, run }) => {
    assert.equal((await run("-l")).trim().split("\n").length, 50);
    await keygen("-p", "-P", "", "-N", PASSPHRASE, "-f", locked);
    await enter({ identities: [locked] }, { agentSocket: socket });
    // Its public half alone will do.
    await enter({ identities: [`${locked}.pub`] }, { agentSocket: socket });

    const since = (await sshd.log()).length;
    const tooMany = await fails(enter({ identities: [`${folder}/none`] }, { agentSocket: socket }));
    assert.match(tooMany, /tried "test" of the agent/);
    assert.match(tooMany, /Too many authentication failures/i);
    assert.match(tooMany, /30 more keys of the agent, which are too many to try/);
    assert.match((await sshd.log()).slice(since), /maximum authentication attempts exceeded/);

    const config = `${folder}/only_config`;
    await Deno.writeTextFile(config, `Host *\nIdentitiesOnly yes\nIdentityFile ${strangers[0]}\n`);
    const before = (await sshd.log()).length;
    const only = await fails(enter(configured, { agentSocket: socket, sshConfig: config }));
    assert.match(only, new RegExp(`: tried ${strangers[0]}$`));
    assert.equal((await sshd.log()).slice(before).match(/Failed publickey/g)?.length, 1);
  });
});

test("fault 22: an agent that is absent, locked, empty, silent or talks rubbish is named, and stops no other key", async () => {
  const gone = `${folder}/gone`;
  const none = { identities: [`${folder}/none`] };
  assert.match(
    await fails(enter(none, { agentSocket: gone })),
    /there is no key to try; .*the agent .*gone cannot be asked: there is no such socket/,
  );
  await enter({}, { agentSocket: gone });
  await withAgent([sshd.identity], async ({ socket }) => {
    await enter(none, { agentSocket: socket });
    await lockAgent(socket);
    assert.match(await fails(enter(none, { agentSocket: socket })), /the agent .* has no keys, or is locked/);
    await enter({}, { agentSocket: socket });
    const key = Buffer.from((await Deno.readTextFile(`${authority}.pub`)).split(" ")[1] ?? "", "base64");
    await assert.rejects(
      new SshAgent(socket).sign(key, new Uint8Array(4), ""),
      /refused to sign \(it may be locked\)/,
    );
  });
  await withFakeAgent(() => undefined, async (socket) => {
    const begun = performance.now();
    assert.match(await fails(enter(none, { agentSocket: socket })), /does not answer within 3 s/);
    // A run waits for it once.
    await enterAll([{ hostKeyAlias: "a" }], { agentSocket: socket });
    const quick = new SshAgent(socket, { list: 0.2, sign: 0.2 });
    await assert.rejects(
      quick.sign(new Uint8Array(1), new Uint8Array(1), ""),
      /does not answer within 0.2 s/,
    );
    assert.ok(performance.now() - begun < 12_000);
  });
  for (
    const rubbish of [new Uint8Array(), Uint8Array.of(12, 0, 0, 0, 9, 1), Uint8Array.of(5), Uint8Array.of(99)]
  ) {
    await withFakeAgent(() => rubbish, async (socket) => {
      assert.match(
        await fails(enter(none, { agentSocket: socket })),
        /there is no key to try/,
      );
      await enter({}, { agentSocket: socket });
    });
  }
});

test("fault 22: keys of an agent that cannot be read are passed over", async () => {
  const damaged = [field("ssh-ed25519-cert-v01@openssh.com"), field("ssh-dss"), new Uint8Array([0, 0, 9])];
  const list = [Uint8Array.of(12), uint32(3), ...damaged.flatMap((blob) => [field(blob), field("x")])];
  await withFakeAgent(() => joinBytes(list), async (socket) => {
    const message = await fails(enter({ identities: [`${folder}/none`] }, { agentSocket: socket }));
    assert.match(message, /: there is no key to try; not used: \S+none: there is no such file$/);
    await enter({}, { agentSocket: socket });
  });
});

async function lockAgent(socket: string): Promise<void> {
  const connection = await Deno.connect({ transport: "unix", path: socket });
  await connection.write(field(joinBytes([Uint8Array.of(22), field("secret")])));
  const answer = new Uint8Array(5);
  await connection.read(answer);
  assert.equal(answer[4], 6);
  connection.close();
}

test("fault 21: certificates log in: beside their key, named, and in the agent", async () => {
  for (const [at, args] of [["-t", "ed25519"], ["-t", "rsa"], ["-t", "ecdsa", "-b", "384"]].entries()) {
    const path = await makeKey(`${folder}/certified-${at}`, args);
    assert.match(await fails(enter({ identities: [path] })), new RegExp(`: tried ${path}$`));
    const certificate = await certify(path);
    const since = (await sshd.log()).length;
    await enter({ identities: [path] });
    assert.match((await sshd.log()).slice(since), /Accepted publickey .*-CERT SHA256:\S+ ID test/);
    await withAgent([path], async ({ socket }) => {
      await enter({ identities: [`${folder}/none`] }, { agentSocket: socket });
    });
    const named = `${folder}/named-${at}`;
    await Deno.rename(certificate, named);
    const config = `${folder}/certificate_config`;
    await Deno.writeTextFile(config, `IdentityFile ${path}\nCertificateFile ${named}\nIdentitiesOnly yes\n`);
    await enter(configured, { sshConfig: config });
    await withAgent([path], async ({ socket }) => {
      await Deno.rename(path, `${path}.away`);
      await enter(configured, { sshConfig: config, agentSocket: socket });
    });
  }
});

test("fault 21: a certificate that has expired, or is none, is said, and the key is tried without it", async () => {
  const path = await makeKey(`${folder}/expired`, ["-t", "ed25519"]);
  await certify(path, "-V", "-2h:-1h");
  const expired = await fails(enter({ identities: [path] }));
  assert.match(expired, new RegExp(`tried ${path}; not used: ${path}-cert.pub: it expired at 20`));
  await Deno.copyFile(`${path}.pub`, `${path}-cert.pub`);
  assert.match(
    await fails(enter({ identities: [path] })),
    /it is no certificate, but a key of type ssh-ed25519/,
  );
  await certify(path, "-h", "-V", "+1h");
  assert.match(await fails(enter({ identities: [path] })), /it is not the certificate of a user/);
});

test("fault 21: a key in hardware logs in through the agent, and says what it needs without one", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const point = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const type = "sk-ssh-ed25519@openssh.com";
  const blob = joinBytes([field(type), field(point), field("ssh:")]);
  await trust(`${type} ${Buffer.from(blob).toString("base64")} hardware`);
  const hash = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest();
  // What a token does when it is touched: flags and a counter are signed along.
  const touch = (data: Uint8Array) => {
    const flags = joinBytes([Uint8Array.of(1), uint32(7)]);
    const signature = sign(null, joinBytes([hash("ssh:"), flags, hash(data)]), privateKey);
    return joinBytes([field(type), field(signature), flags]);
  };
  const agent = (request: FieldReader) => {
    if (request.take(1)[0] === 11) {
      return joinBytes([Uint8Array.of(12), uint32(1), field(blob), field("my token")]);
    }
    request.string();
    return joinBytes([Uint8Array.of(14), field(touch(request.string()))]);
  };
  await withFakeAgent(agent, async (socket) => {
    const since = (await sshd.log()).length;
    await enter({ identities: [`${folder}/none`] }, { agentSocket: socket });
    assert.match((await sshd.log()).slice(since), /Accepted publickey for root .* ED25519-SK/);
  });
  const file = `${folder}/id_ed25519_sk`;
  const sealed = [field("none"), field("none"), field(""), uint32(1), field(blob), field(new Uint8Array(8))];
  const text = Buffer.concat([Buffer.from("openssh-key-v1\0"), ...sealed]).toString("base64");
  await Deno.writeTextFile(
    file,
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${text}\n-----END OPENSSH PRIVATE KEY-----\n`,
  );
  assert.match(
    await fails(enter({ identities: [file] })),
    /id_ed25519_sk: it needs its hardware; add it to an ssh agent: ssh-add/,
  );
  await withFakeAgent(agent, (socket) => enter({ identities: [file] }, { agentSocket: socket }));
});
