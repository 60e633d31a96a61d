import assert from "node:assert/strict";
import { EMPTY_LOCK, Lock } from "../lock.ts";
import type { Network } from "./network.ts";
import { RemoteReader } from "./reader.ts";
import { openStore } from "./store.ts";

/** What a reader with limits says of modules of so many bytes, read one after the other. */
async function said(most: { modules: number; bytes: number }, sizes: readonly number[]): Promise<string[]> {
  const network = {
    get: (url: string) =>
      Promise.resolve({
        url,
        bytes: new Uint8Array(sizes[Number(/\d+/.exec(url)?.[0])] ?? 0).fill(32),
        contentType: "text/typescript",
      }),
  } as Partial<Network> as Network;
  const reader = new RemoteReader({
    lock: new Lock(EMPTY_LOCK),
    store: openStore(undefined),
    frozen: false,
    offline: false,
    network: () => Promise.resolve(network),
    most,
    jsr: "https://jsr.test/",
  });
  const answers: string[] = [];
  for (const at of sizes.keys()) {
    const answer = await reader.read(`https://crates.test/${at}.ts`);
    answers.push("refused" in answer ? answer.refused : "read");
  }
  return answers;
}

Deno.test("crates may have so many modules and bytes together, and not one more", async () => {
  const MIB = 1024 * 1024;
  assert.deepEqual(await said({ modules: 2, bytes: MIB }, [1, 1, 1]), [
    "read",
    "read",
    "with it the crates have more than 2 modules",
  ]);
  assert.deepEqual(await said({ modules: 9, bytes: MIB }, [MIB - 1, 1, 1]), [
    "read",
    "read",
    "with it the crates have more than 1 MiB",
  ]);
});
