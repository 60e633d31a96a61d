import assert from "node:assert/strict";
import fc from "fast-check";
import { PalletError } from "../../engine/errors.ts";
import { labOptions } from "./options.ts";
import { encodeWord, helperCommand, makeHelper } from "./helper.ts";
import { makeKeyPair } from "./openssh_key.ts";
import { helperScript } from "./shell.ts";
import { openStore } from "./store.ts";

const linux = Deno.build.os === "linux";

Deno.test("encodeWord() gives words without a space, which bash decodes to the same bytes", {
  ignore: !linux,
}, async () => {
  const words = fc.sample(fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", "")), {
    seed: 7,
    numRuns: 200,
  });
  words.push("", " ", "\n", "$(id)", "%41", "\\x41", "'\"`");
  const encoded = words.map(encodeWord);
  for (const word of encoded) assert.match(word, /^[!-~]+$/);
  const script =
    'while IFS= read -r word; do printf -v text "%b" "${word//%/\\\\x}"; printf "%s\\0" "$text"; done';
  const child = new Deno.Command("bash", { args: ["-c", script], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${encoded.join("\n")}\n`));
  await writer.close();
  const { stdout } = await child.output();
  assert.deepEqual(
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout).split("\0").slice(0, -1),
    words,
  );
});

Deno.test(
  "the helper refuses a verb that it does not know, and its errors tell why",
  { ignore: !linux },
  async () => {
    // Root is not needed for this one: the command is started as it would be by root.
    const helper = makeHelper(0, () => {});
    try {
      await assert.rejects(helper.run("no-such-verb", []), (error) => {
        assert.ok(error instanceof PalletError);
        assert.match(error.message, /unknown verb no-such-verb/);
        return true;
      });
    } finally {
      await helper.close();
    }
  },
);

Deno.test("helperCommand() asks sudo for the helper alone, when the user is not root", () => {
  assert.equal(helperCommand(1000)[0], "sudo");
  assert.equal(helperCommand(0)[0], "setsid");
});

Deno.test("the helper's bash parses and passes shellcheck", { ignore: !linux }, async () => {
  assert.ok(helperScript.length < 100_000, "fits one argument");
  const parsed = await new Deno.Command("bash", { args: ["-n", "-c", helperScript] }).output();
  assert.ok(parsed.success, new TextDecoder().decode(parsed.stderr));
  const folder = new URL("./helper/", import.meta.url).pathname;
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => `${folder}${name}`);
  try {
    const checked = await new Deno.Command("shellcheck", { args: files }).output();
    assert.ok(checked.success, new TextDecoder().decode(checked.stdout));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("shellcheck is not installed; bash -n alone has looked");
  }
});

Deno.test("makeKeyPair() makes keys that OpenSSH reads", { ignore: !linux }, async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (let round = 0; round < 3; round++) {
      const pair = makeKeyPair("a comment");
      await Deno.writeTextFile(`${folder}/key${round}`, pair.privateKey, { mode: 0o600 });
      const { stdout } = await new Deno.Command("ssh-keygen", { args: ["-y", "-f", `${folder}/key${round}`] })
        .output();
      assert.equal(new TextDecoder().decode(stdout).trim(), pair.publicKey);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("labOptions() names service, key and value of what is wrong", () => {
  const options = (given: Record<string, string>) =>
    labOptions({ name: "mine", provider: "lab", options: given });
  assert.throws(() => options({ subnet: "10.0.0.0/8" }), /service "mine".*subnet.*10\.0\.0\.0\/8/);
  assert.throws(() => options({ subnets: "x" }), /service "mine".*unknown key "subnets".*Did you mean/i);
  assert.throws(() => options({ name: "../up" }), /name/);
  assert.equal(options({}).name, "mine");
});

Deno.test("a store keeps nodes whole, and goes with its last", async () => {
  const parent = await Deno.makeTempDir();
  const folder = `${parent}/lab`;
  const store = openStore(folder);
  assert.deepEqual([await store.nodes(), await store.removed(), await store.lab()], [[], [], undefined]);
  const record = {
    format: 1 as const,
    id: "web-1-0a",
    name: "web-1",
    group: "web",
    service: "lab",
    index: 2,
    address: "10.1.1.2",
    hostname: "web-1",
    image: "host",
    os: { id: "debian", family: "debian", version: "12", codename: "bookworm" },
    kind: "host" as const,
    init: "sshd" as const,
    layer: "/layer",
    user: "root",
    memory: 0,
    cores: 0,
    hostKey: "ssh-ed25519 AAAA",
    machineId: "0",
    token: "t",
    tags: { "a 'b'": "line\nline" },
    createdAt: "2026-01-01T00:00:00.000Z",
  };
  await store.locked(() => store.addNode(record, "secret"));
  // What a command leaves that is killed before a record is whole.
  await Deno.mkdir(`${folder}/nodes/half-1-0b`);
  assert.deepEqual(await store.nodes(), [record]);
  assert.deepEqual([await store.node(record.id), await store.node("another")], [record, undefined]);
  await store.dropHalves();
  assert.deepEqual(Array.from(Deno.readDirSync(`${folder}/nodes`), ({ name }) => name), [record.id]);
  assert.equal(((await Deno.stat(`${folder}/nodes/web-1-0a/host_key`)).mode ?? 0) & 0o777, 0o600);
  assert.equal(await store.publicKey(), await store.publicKey());
  assert.equal(((await Deno.stat(store.identity)).mode ?? 0) & 0o777, 0o600);
  assert.equal(await store.tidy(), false);
  await store.markRemoved(record.id);
  assert.deepEqual(await store.removed(), [{ id: record.id, index: 2 }]);
  assert.equal(await store.tidy(), false);
  await Deno.remove(store.removedFolder(record.id), { recursive: true });
  assert.equal(await store.locked(() => store.tidy()), true);
  await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  await Deno.remove(parent);
});

Deno.test("a store's lock lets one in at a time, also when the folder goes in between", async () => {
  const parent = await Deno.makeTempDir();
  const folder = `${parent}/lab`;
  let inside = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    const store = openStore(folder);
    await store.locked(async () => {
      assert.equal(++inside, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
      await store.tidy();
    });
  }));
  await Deno.remove(parent);
});
