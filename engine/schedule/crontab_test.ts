import assert from "node:assert/strict";
import { withEntry, withoutEntry } from "./crontab.ts";
import type { ScheduleEntry } from "./entry.ts";

const entry = (name: string, catchUp: boolean): ScheduleEntry => ({
  name,
  cron: "@daily",
  zone: "UTC",
  argv: ["lift"],
  cwd: "/srv/infra",
  program: ["/usr/local/bin/pallet"],
  env: {},
  backend: "cron",
  jitter: 0,
  limit: 0,
  catchUp,
  addedAt: "2026-11-22T10:00:00Z",
});

Deno.test("what was missed is looked for after a restart and after sleep; lines of others stay", () => {
  const own = "MAILTO=ann\n5 4 * * * /usr/local/bin/own --missed\n";
  const one = withEntry(own, entry("one", true));
  const start = "cd /srv/infra && exec /usr/local/bin/pallet schedule run one --scheduled";
  assert.deepEqual(one.split("\n").slice(3), [
    `0 0 * * * ${start}`,
    `@reboot ${start} --missed`,
    `*/15 * * * * ${start} --missed`,
    "",
  ]);
  const two = `${withEntry(one, entry("two", true))}6 4 * * * /usr/local/bin/own --missed\n`;
  assert.equal(withoutEntry(two, "one").match(/schedule run two/g)?.length, 3);
  assert.equal(
    withoutEntry(withoutEntry(two, "one"), "two"),
    `${own}6 4 * * * /usr/local/bin/own --missed\n`,
  );
  // One that was added before the schedule looked for what sleep took.
  const old = one.replace(/^\*\/15.*\n/m, "");
  assert.equal(withoutEntry(old, "one"), own);
  assert.equal(withEntry(old, entry("one", false)).match(/--missed/g)?.length, 1);
});
