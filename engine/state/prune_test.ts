import assert from "node:assert/strict";
import { pruneRuns } from "./prune.ts";
import { makeRunId } from "./run_id.ts";

const DAY = 24 * 3600 * 1000;
const NOW = Date.parse("2026-06-01T00:00:00Z");

/** How many runs, of so many and so old each, are left, and what else is. */
async function left(
  ...ages: readonly (readonly [count: number, days: number])[]
): Promise<readonly unknown[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/mine`);
    for (const [count, days] of ages) {
      for (let at = 0; at < count; at++) {
        await Deno.mkdir(`${folder}/${makeRunId(new Date(NOW - days * DAY - at * 1000))}`);
      }
    }
    await pruneRuns(folder, NOW);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    return [names.length - 1, names.includes("mine")];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("runs stay for 30 days, and the latest 200 for ever; what is no run stays", async () => {
  assert.deepEqual(await left([10, 400]), [10, true]);
  assert.deepEqual(await left([210, 29]), [210, true]);
  assert.deepEqual(await left([210, 31]), [200, true]);
  assert.deepEqual(await left([150, 1], [100, 60]), [200, true]);
});
