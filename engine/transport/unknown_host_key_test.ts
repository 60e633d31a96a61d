import assert from "node:assert/strict";
import { joined } from "../bytes.ts";
import { fingerprintOf } from "./public_key.ts";
import { HostKeyQuestions, UnknownHostKey } from "./unknown_host_key.ts";
import { field } from "./wire.ts";

const keyOf = (byte: number) => joined([field("ssh-ed25519"), field(new Uint8Array(32).fill(byte))]);
const key = keyOf(1);
const print = fingerprintOf(key);

function unknown(file: string, hostKeyAlias = "node-1", shown = key): UnknownHostKey {
  const route = {
    kind: "ssh" as const,
    name: hostKeyAlias,
    address: "192.0.2.1",
    port: 22,
    user: "admin",
    hostKeyAlias,
    hostKeys: [],
    identities: [],
  };
  return new UnknownHostKey({ route, key: shown, file, userFile: undefined, authority: undefined });
}

/** Asks a person who answers so, and tells whether the key was taken, how often was asked, and what is kept. */
async function answered(...answers: readonly (string | undefined)[]): Promise<readonly unknown[]> {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/known_hosts`;
    let asked = 0;
    const questions = new HostKeyQuestions(() => Promise.resolve(answers[asked++]));
    const [first, second] = await Promise.all(
      [unknown(file), unknown(file)].map((one) => questions.confirmed(one)),
    );
    assert.equal(first, second);
    assert.equal(await questions.confirmed(unknown(file)), first, "what was said holds for the run");
    const kept = await Deno.readTextFile(file).catch(() => "");
    return [first, asked, kept.split("\n").filter((line) => line !== "").length];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("fault 16: a host key is asked about once, and taken for yes or its fingerprint, for nothing less", async () => {
  assert.deepEqual(await answered("yes"), [true, 1, 1]);
  assert.deepEqual(await answered("YES "), [true, 1, 1]);
  assert.deepEqual(await answered(print), [true, 1, 1]);
  assert.deepEqual(await answered("y", "yes"), [true, 2, 1], "y is asked again");
  assert.deepEqual(await answered("yesterday", "", "?", "yes"), [false, 3, 0]);
  assert.deepEqual(await answered("no", "yes"), [false, 1, 0]);
  assert.deepEqual(await answered(undefined, "yes"), [false, 1, 0]);
  assert.deepEqual(await answered(fingerprintOf(keyOf(2)), "yes"), [false, 1, 0], "another's fingerprint");
});

Deno.test("each node, and each key of one, is a question of its own", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/known_hosts`;
    const asked: string[] = [];
    const questions = new HostKeyQuestions(({ text }) => {
      asked.push(text);
      return Promise.resolve(asked.length === 1 ? "yes" : "no");
    });
    assert.equal(await questions.confirmed(unknown(file)), true);
    assert.equal(await questions.confirmed(unknown(file, "node-2")), false);
    assert.equal(await questions.confirmed(unknown(file, "node-1", keyOf(2))), false);
    assert.equal(asked.length, 3);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
