import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { Secret } from "../secret.ts";
import { Secrets } from "../secrets.ts";
import { encrypt, newIdentity } from "./age.ts";
import { recipientsOf } from "./keys.ts";
import { isRecipient } from "./recipient.ts";
import { ageSource, AgeStore } from "./store.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-age-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function found(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).output();
    return true;
  } catch {
    return false;
  }
}

async function keygen(folder: string, name: string, ...args: readonly string[]): Promise<string> {
  const path = join(folder, name);
  const { success, stderr } = await new Deno.Command("ssh-keygen", {
    args: ["-q", "-f", path, "-C", "me", ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return path;
}

const sshKeygen = await found("ssh-keygen");
const age = await found("age");
if (!age) console.log("ignored: the program age is not there to compare with");

Deno.test("a file of secrets keeps what is set, whatever it holds", async () => {
  await withFolder(async (folder) => {
    const { identity, recipient } = await newIdentity();
    const store = new AgeStore({
      path: join(folder, "s.age"),
      recipients: [recipient],
      identities: [],
      identityText: identity,
    });
    const values = [
      "plain",
      "",
      " lead\n",
      "two\nlines\n",
      "007",
      "yes",
      "- a: b #c",
      "\"'\\ \t",
      "ü€😀",
      "x\n\n\n",
      "\n",
    ];
    for (const [at, value] of values.entries()) await store.set(`n/${at}`, value);
    for (const [at, value] of values.entries()) {
      assert.equal(await store.get(`n/${at}`), value, JSON.stringify(value));
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 30 }), async (value) => {
        await store.set("any", value).catch((error) => assert.match(error.message, /no text file has/));
      }),
      { numRuns: 30 },
    );
    await store.set("n/0", undefined);
    assert.equal(await store.get("n/0"), undefined);
    const raw = await Deno.readTextFile(store.path);
    assert.match(raw, /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    assert.ok(!raw.includes("plain"));
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["s.age"]);
  });
});

Deno.test("a file of secrets that was written by hand keeps its form", async () => {
  await withFolder(async (folder) => {
    const { identity, recipient } = await newIdentity();
    const path = join(folder, "s.age");
    const store = new AgeStore({ path, recipients: [recipient], identities: [], identityText: identity });
    await store.replace("# ours\ndb:\n  admin: one # old\n  pin: 007\n");
    await store.set("db/admin", "two");
    await store.set("db/new", "three");
    assert.equal(await store.text(), '# ours\ndb:\n  admin: "two" # old\n  pin: 007\n  new: "three"\n');
    assert.deepEqual([...await store.values()], [["db/admin", "two"], ["db/pin", "007"], [
      "db/new",
      "three",
    ]]);
    await assert.rejects(store.replace("a: [1]\n"), /"a" is no map of names and values/);
    await assert.rejects(store.replace("a b: c\n"), /a name must be words of/);
    await assert.rejects(store.replace("a: {\n"), /line \d is neither YAML nor JSON/);
  });
});

Deno.test("nobody is locked out of a file of secrets by accident", async () => {
  await withFolder(async (folder) => {
    const [own, other] = [await newIdentity(), await newIdentity()];
    const path = join(folder, "s.age");
    const at = (recipients: readonly string[]) =>
      new AgeStore({ path, recipients, identities: [], identityText: own.identity });
    await assert.rejects(at([other.recipient]).set("a", "b"), /you could not read it yourself/);
    await assert.rejects(at([]).set("a", "b"), /nobody is named who may read it/);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    await at([own.recipient]).set("a", "b");
    assert.equal(await at([own.recipient, other.recipient]).rekey(), 2);
    assert.equal(
      await new AgeStore({ path, recipients: [], identities: [], identityText: other.identity }).get("a"),
      "b",
    );
    const none = new AgeStore({ path, recipients: [], identities: [] });
    await assert.rejects(none.get("a"), /there is no identity to do it with/);
  });
});

Deno.test({
  name: "keys of ssh read and write files of secrets, under a passphrase too",
  ignore: !sshKeygen,
  fn: () =>
    withFolder(async (folder) => {
      const keys = [
        await keygen(folder, "ed", "-t", "ed25519", "-N", ""),
        await keygen(folder, "rsa", "-t", "rsa", "-b", "2048", "-N", ""),
        await keygen(folder, "locked", "-t", "ed25519", "-N", "open it"),
      ];
      const asked: string[] = [];
      const ask = (path: string) => {
        asked.push(path);
        return Promise.resolve(new Secret("open it"));
      };
      const recipients = keys.map((key) => `${key}.pub`);
      for (const key of keys) {
        const store = new AgeStore({ path: join(folder, "s.age"), recipients, identities: [key], ask });
        await store.set("a", `by ${key}`);
        assert.equal(await store.get("a"), `by ${key}`);
      }
      assert.deepEqual(asked, [keys[2]]);
      const locked = { path: join(folder, "s.age"), recipients, identities: [keys[2] ?? ""] };
      const [located] = await new Secrets([ageSource(locked, true)]).locate(["a"]);
      assert.deepEqual(located, { name: "a", state: "asked", from: locked.path });
      const usual = new AgeStore({
        path: join(folder, "s.age"),
        recipients,
        identities: [],
        usual: [join(folder, "none"), join(folder, "ed.pub"), keys[1] ?? ""],
      });
      assert.equal(await usual.get("a"), `by ${keys[2]}`);
      const ecdsa = await keygen(folder, "ecdsa", "-t", "ecdsa", "-N", "");
      await assert.rejects(
        recipientsOf([`${ecdsa}.pub`]),
        /can only sign; take one of type ssh-ed25519 or ssh-rsa/,
      );
      await assert.rejects(recipientsOf([ecdsa]), /it holds a private key/);
    }),
});

Deno.test({
  name: "the program age reads what is written here, and the other way round",
  ignore: !age || !sshKeygen,
  fn: () =>
    withFolder(async (folder) => {
      const ed = await keygen(folder, "ed", "-t", "ed25519", "-N", "");
      const rsa = await keygen(folder, "rsa", "-t", "rsa", "-b", "2048", "-N", "");
      const { identity, recipient } = await newIdentity();
      await Deno.writeTextFile(join(folder, "key"), `# mine\n${identity}\n`);
      const all = [recipient, `${ed}.pub`, `${rsa}.pub`];
      await Deno.writeTextFile(join(folder, "ours.age"), await encrypt("a: ours\n", await recipientsOf(all)));
      const run = async (...args: readonly string[]) => {
        const { success, stdout, stderr } = await new Deno.Command("age", { args: [...args] }).output();
        assert.ok(success, new TextDecoder().decode(stderr));
        return new TextDecoder().decode(stdout);
      };
      await Deno.writeTextFile(join(folder, "plain"), "a: theirs\n");
      for (const key of [join(folder, "key"), ed, rsa]) {
        assert.equal(await run("-d", "-i", key, join(folder, "ours.age")), "a: ours\n");
        const to = key === join(folder, "key") ? ["-r", recipient] : ["-R", `${key}.pub`];
        for (const form of [["-a"], []]) {
          const path = join(folder, "theirs.age");
          await run("-e", ...form, ...to, "-o", path, join(folder, "plain"));
          assert.equal(await new AgeStore({ path, recipients: [], identities: [key] }).get("a"), "theirs");
        }
      }
    }),
});

Deno.test("an identity, or a recipient, that is of no use is told with its place, and a variable without one", () =>
  withFolder(async (folder) => {
    const path = join(folder, "s.age");
    const { identity, recipient } = await newIdentity();
    const none = { path, recipients: [recipient], identities: [] };
    await new AgeStore({ ...none, identityText: identity }).set("a", "x");
    await assert.rejects(new AgeStore({ ...none, identityText: "nonsense" }).get("a"), {
      kind: "config",
      message: "Cannot use PALLET_AGE_IDENTITY: there is no identity of age in it",
    });
    const originOf = ([key, at]: readonly [string, number]) => ({ file: key, line: at, column: 1 });
    const here = { path, recipients: [recipient, join(folder, "gone")], identityText: identity, originOf };
    await assert.rejects(new AgeStore({ ...here, identities: [] }).set("b", "y"), {
      message: /Cannot read recipients from ".*\/gone"/,
      origin: { file: "recipients", line: 1, column: 1 },
    });
    await assert.rejects(new AgeStore({ ...here, identities: [join(folder, "gone")] }).get("a"), {
      message: /Cannot use identity ".*\/gone"/,
      origin: { file: "identities", line: 0, column: 1 },
    });
  }));

Deno.test("what is a recipient, and what names a file of them", async () => {
  const { recipient } = await newIdentity();
  assert.ok(isRecipient(recipient) && isRecipient("ssh-ed25519 AAAA") && !isRecipient("./team.txt"));
  await assert.rejects(recipientsOf(["age1nothing"]), /Cannot use recipient "age1nothing"/);
  await assert.rejects(recipientsOf(["ssh-ed25519 AAAA"]), /it is cut off or damaged/);
  await assert.rejects(
    recipientsOf(["/nowhere/team.txt"]),
    /Cannot read recipients from "\/nowhere\/team\.txt"/,
  );
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "team"), `# us\n\n${recipient}\n`);
    assert.equal((await recipientsOf([join(folder, "team")])).length, 1);
  });
});
