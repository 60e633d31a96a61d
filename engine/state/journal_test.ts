import assert from "node:assert/strict";
import { openJournal, type RunHeader } from "./journal.ts";

const header: RunHeader = {
  run: "20260102-030405-abcd",
  startedAt: "2026-01-02T03:04:05.000Z",
  operation: "lift",
  infra: "infra.ts",
  service: "lab",
  groups: ["web"],
  phases: [],
  options: {},
  environment: {},
  holder: "ann@desk pid 7",
  changes: true,
  clock: 0,
  seed: 1,
};
const intent = { target: "web-1", sha256: "a".repeat(64) } as Parameters<
  Awaited<ReturnType<typeof openJournal>>["intent"]
>[0];

Deno.test("intent() announces no script whose text was not kept", async () => {
  const folder = await Deno.makeTempDir();
  const journal = await openJournal(folder, header);
  try {
    await Deno.remove(`${journal.folder}/scripts`, { recursive: true });
    await assert.rejects(journal.intent(intent, "echo"), /Cannot write state to .*scripts/);
    assert.equal(await Deno.readTextFile(`${journal.folder}/intents.jsonl`), "");
  } finally {
    await journal.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a journal is for its owner alone, and each text is kept once", async () => {
  const folder = await Deno.makeTempDir();
  const journal = await openJournal(folder, header);
  try {
    await Promise.all([journal.intent(intent, "echo"), journal.intent(intent, "echo")]);
    const names = [...Deno.readDirSync(`${journal.folder}/scripts`)].map(({ name }) => name);
    assert.deepEqual(names, [`${intent.sha256}.sh`]);
    const paths = ["", "scripts", "run.json", "events.jsonl", "intents.jsonl", `scripts/${names[0]}`];
    for (const path of paths) {
      assert.equal((Deno.statSync(`${journal.folder}/${path}`).mode ?? 0) & 0o077, 0, path);
    }
  } finally {
    await journal.close();
    await Deno.remove(folder, { recursive: true });
  }
});
