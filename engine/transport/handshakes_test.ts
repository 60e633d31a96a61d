import assert from "node:assert/strict";
import { Handshakes, insist, TurnedAway } from "./handshakes.ts";

const never = new AbortController().signal;
const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** The most handshakes that ran at one time. */
async function most(
  limit: number,
  destinations: readonly { server: string; hop?: string }[],
): Promise<number> {
  const handshakes = new Handshakes(limit);
  let running = 0;
  let seen = 0;
  await Promise.all(destinations.map((destination) =>
    handshakes.run(destination, never, async () => {
      seen = Math.max(seen, ++running);
      await wait(5);
      running--;
    })
  ));
  return seen;
}

Deno.test("fault 10: handshakes with one server, by way of one jump host, and over all are capped", async () => {
  const range = Array.from({ length: 60 }, (_, at) => at);
  assert.equal(await most(64, range.map(() => ({ server: "a:22" }))), 8);
  assert.equal(await most(64, range.map((at) => ({ server: `${at}:22`, hop: "bastion" }))), 16);
  assert.equal(await most(10, range.map((at) => ({ server: `${at}:22` }))), 10);
});

Deno.test("insist() tries again while it is turned away, as often as that is worth, with pauses that differ", async () => {
  const times: number[] = [];
  let told = 0;
  await assert.rejects(
    insist(never, () => {
      times.push(performance.now());
      return Promise.reject(new TurnedAway("cut", { help: "none", attempts: 3 }));
    }, () => told++),
    TurnedAway,
  );
  assert.equal(times.length, 3);
  assert.equal(told, 2);
  const [first = 0, second = 0, third = 0] = times;
  assert.ok(second - first >= 45 && third - second >= 95, `${times}`);
});

Deno.test("insist() never tries again what was refused, and ends with its signal", async () => {
  let count = 0;
  await assert.rejects(
    insist(never, () => {
      count++;
      return Promise.reject(new Error("refused"));
    }, () => {}),
    /refused/,
  );
  assert.equal(count, 1);
  const away = () => Promise.reject(new TurnedAway("busy", { help: "none" }));
  await assert.rejects(insist(AbortSignal.timeout(100), away, () => {}), /aborted due to timeout/);
});
