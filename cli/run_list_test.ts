import assert from "node:assert/strict";
import type { RunSummary } from "../engine/run.ts";
import { openJournal } from "../engine/state/journal.ts";
import { chooseRun, isOpen, standing } from "./run_list.ts";
import { pallet } from "../tests/support/process.ts";

const HEADER = {
  run: "20260102-030405-abcd",
  startedAt: "2026-01-02T03:04:05.000Z",
  operation: "converge",
  infra: "infra.ts",
  service: "lab",
  groups: ["web"],
  phases: [{ phase: "configure", args: {} }],
  options: {},
  environment: {},
  holder: "ann@desk pid 7",
  changes: true,
  clock: 0,
  seed: 1,
};

function summary(exitCode: number | undefined, changes = true): RunSummary {
  const header = { ...HEADER, changes };
  if (exitCode === undefined) return { run: header.run, state: "unfinished", header };
  const finished = {
    type: "run-finished",
    at: "",
    run: header.run,
    result: exitCode === 0 ? "ok" : "failed",
    exitCode,
    targets: [],
    duration: 1,
  } as const;
  return { run: header.run, state: "finished", header, finished };
}

Deno.test("a run that was killed, cut off or interrupted can be gone on with, any other cannot", () => {
  const said = [undefined, 0, 1, 2, 3, 4, 130, 143].map((
    code,
  ) => [standing(summary(code)), isOpen(summary(code))]);
  assert.deepEqual(said, [
    ["unfinished", true],
    ["ok", false],
    ["failed", false],
    ["refused", false],
    ["ok", false],
    ["unknown", true],
    ["interrupted", true],
    ["interrupted", true],
  ]);
  assert.equal(isOpen(summary(4, false)), false);
  assert.throws(() => chooseRun([], undefined, () => true), /No run is kept/);
});

Deno.test("fault 47: runs, report and resume tell what there is, also of a journal that is damaged", async () => {
  const state = await Deno.makeTempDir({ prefix: "pallet-runs-" });
  const say = (...argv: readonly string[]) => pallet(argv, { env: { XDG_STATE_HOME: state } });
  try {
    assert.match((await say("runs")).err, /No run is kept on this workstation/);
    assert.equal((await say("resume")).status, 2);
    const dir = `${state}/pallet`;
    const at = "2026-01-02T03:04:05.000Z";
    const journal = await openJournal(dir, HEADER);
    journal.event({
      type: "run-started",
      at,
      run: HEADER.run,
      operation: "converge",
      infra: "infra.ts",
      service: "lab",
      phases: ["configure"],
      check: false,
    });
    journal.event({ type: "message", at, run: HEADER.run, level: "warn", text: "the disk is nearly full" });
    await journal.close();
    const [listed] = JSON.parse((await say("runs", "--json")).out);
    assert.equal(listed.result, "unfinished");
    assert.equal(listed.resumable, true);
    assert.match(
      (await say("runs")).out,
      /20260102-030405-abcd .* converge +lab +configure +- +- +unfinished/,
    );
    const told = await say("report");
    assert.match(told.out, /the disk is nearly full/);
    assert.match(told.err, /pallet resume 20260102-030405-abcd/);
    assert.match((await say("resume")).err, /was not begun by this command line/);
    const events = `${dir}/runs/${HEADER.run}/events.jsonl`;
    Deno.writeTextFileSync(events, Deno.readTextFileSync(events).replace("nearly", "hardly"));
    const damaged = await say("report", HEADER.run);
    assert.match(damaged.err, /1 lines of the journal in .* are damaged/);
    assert.doesNotMatch(damaged.out, /hardly full/);
    Deno.writeTextFileSync(`${dir}/runs/${HEADER.run}/run.json`, "{");
    assert.match((await say("runs")).err, /Cannot read the journal of run/);
    assert.match((await say("report", "20260102-030405-abce")).err, /Did you mean "20260102-030405-abcd"/);
  } finally {
    await Deno.remove(state, { recursive: true });
  }
});
