// Host keys of real OpenSSH servers: which are taken, which are refused, and what is sent before that.
import assert from "node:assert/strict";
import type { Question } from "./ask.ts";
import { fingerprint } from "./host_keys.ts";
import {
  address,
  enter,
  folder,
  keyOf,
  refusedBefore,
  serveHostKeys,
  sshd,
  strange,
  test,
} from "./host_keys_testing.ts";
import { knownHostLine } from "./known_hosts.ts";

serveHostKeys();

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
