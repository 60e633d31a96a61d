// Keys of files with real OpenSSH servers.
import assert from "node:assert/strict";
import { makeKey, withSshd } from "../../tests/support/sshd.ts";
import { Secret } from "../secrets/secret.ts";
import type { Question } from "./ask.ts";
import {
  configured,
  enter,
  enterAll,
  folder,
  keygen,
  PASSPHRASE,
  refusal,
  serveKeys,
  sshd,
  test,
  trust,
  trusted,
  withAgent,
} from "./keys_testing.ts";
import { logOf, withTransport } from "./ssh_testing.ts";

serveKeys();

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
    await refusal(enter(configured, { sshConfig })),
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

  const wrong = await refusal(enter({ identities }, { ask: asks("1", "2", "3", PASSPHRASE) }));
  assert.equal(questions.length, 3);
  assert.match(wrong, new RegExp(`tried ${stranger}, ${locked}; ${locked}: the passphrase is wrong$`));
  const none = await refusal(enter({ identities }, { ask: asks() }));
  assert.match(none, new RegExp(`${locked}: its passphrase was not given; .*: ssh-add ${locked}$`));
  // One that is kept somewhere is tried once, and nobody is asked.
  const kept = (text: string) => ({
    passphrases: () => Promise.resolve(new Secret(text)),
    ask: asks("never"),
  });
  await enter({ identities }, kept(PASSPHRASE));
  assert.match(
    await refusal(enter({ identities }, kept("wrong"))),
    new RegExp(`${locked}: the passphrase is wrong$`),
  );
  assert.equal(questions.length, 0);
  const silent = await refusal(enter({ identities }));
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
  assert.match(await refusal(enterAll(nodes, { ask })), /the passphrase is wrong/);
  assert.equal(asked, 3);
  await withSshd({ config: ["PubkeyAuthentication no", "PasswordAuthentication yes"] }, async (server) => {
    let message = "";
    const { log } = await logOf(async () => {
      message = await refusal(enter({}, {}, server));
    }, server);
    assert.match(message, /; it takes password only$/);
    assert.doesNotMatch(log, /Failed password|password for root/);
  });
});

test("a login that fails says which keys were tried, and which could not be", async () => {
  const stranger = await makeKey(`${folder}/told-stranger`, ["-t", "ed25519"]);
  const locked = `${folder}/told-locked`;
  await keygen("-t", "ed25519", "-N", "secret", "-f", locked);
  await Deno.copyFile(`${stranger}.pub`, `${folder}/alone.pub`);
  const identities = [stranger, locked, `${folder}/none`, `${folder}/alone.pub`];
  const message = await refusal(enter({ identities, user: "admin" }));
  assert.match(message, /^Cannot log in to node-1 .* as "admin": tried \S+told-stranger; /);
  assert.match(message, new RegExp(`${locked}: it is protected by a passphrase`));
  assert.match(message, /none: there is no such file/);
  assert.match(message, /alone\.pub: it is a public key, and no agent has its private half/);
  assert.match(await refusal(enter({ identities: [`${folder}/none`] })), /there is no key to try/);
});

test("a private key that others may read is not used, as ssh does not, unless an agent has it", async () => {
  const open = await trusted("exposed", ["-t", "ed25519"]);
  for (const mode of [0o644, 0o640, 0o602]) {
    await Deno.chmod(open, mode);
    assert.match(
      await refusal(enter({ identities: [open] })),
      new RegExp(
        `there is no key to try; not used: ${open}: others than its owner may read or write it ` +
          `\\(mode 0${mode.toString(8)}\\), so that it is not used, .*: chmod 600 ${open}$`,
      ),
    );
  }
  await withAgent([], async ({ socket, run }) => {
    await Deno.chmod(open, 0o600);
    await run("-q", open);
    await Deno.chmod(open, 0o644);
    await enter({ identities: [open] }, { agentSocket: socket });
    // Its public half alone is enough then.
    await Deno.remove(open);
    await enter({ identities: [open] }, { agentSocket: socket });
  });
});

test("clocks stand still while a passphrase is typed, of a node and of its jump host, and while a host key is compared", async () => {
  const locked = `${folder}/locked-slow`;
  await keygen("-t", "ed25519", "-N", PASSPHRASE, "-f", locked);
  await trust(await Deno.readTextFile(`${locked}.pub`));
  const sshConfig = `${folder}/slow_config`;
  await Deno.writeTextFile(sshConfig, `IdentityFile ${locked}\n`);
  const asked: string[] = [];
  const ask = async ({ kind }: Question) => {
    asked.push(kind);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    return kind === "host-key" ? "yes" : PASSPHRASE;
  };
  const jump = [{ host: "127.0.0.1", user: "admin", port: sshd.port }];
  await withTransport(async (connect) => {
    await connect({ ...configured, hostKeys: [], jump }, { connectTimeout: 2 });
    assert.deepEqual(asked.toSorted(), ["host-key", "host-key", "passphrase"]);
  }, { ask, sshConfig });
});
