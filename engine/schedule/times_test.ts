import assert from "node:assert/strict";
import fc from "fast-check";
import { calendarEvents } from "./calendar.ts";
import { cronText, parseCron } from "./cron.ts";
import { clockChanges, clockTroubles, nextTimes, wallClock } from "./times.ts";

Deno.test("parseCron() knows lists, ranges, steps, names and nicknames", () => {
  const fields = (text: string) => cronText(parseCron(text));
  assert.equal(fields("*/20 8-10 1,15 jan,DEC mon-fri"), "0,20,40 8,9,10 1,15 1,12 1,2,3,4,5");
  assert.equal(fields("5/15 * * * *"), "5,20,35,50 * * * *");
  assert.equal(fields("0 0 * * 7"), "0 0 * * 0");
  assert.equal(fields("0 0 * * 5-7"), "0 0 * * 0,5,6");
  assert.equal(fields("@weekly"), "0 0 * * 0");
  assert.equal(fields("  0   3  * * *  "), "0 3 * * *");
});

Deno.test("parseCron() says which field is wrong", () => {
  for (
    const [text, why] of [
      ["0 3 * *", /it has 4 fields/],
      ["60 3 * * *", /minute must be from 0 to 59, not "60"/],
      ["0 3 0 * *", /day must be from 1 to 31/],
      ["0 3 * foo *", /month must be from 1 to 12, not "foo"/],
      ["0 5-3 * * *", /runs backwards/],
      ["*/0 * * * *", /no step/],
      ["0 3 L * *", /day must be/],
      ["@reboot", /no nickname "@reboot"/],
      ["0 3 * * 1#2", /weekday must be/],
      ["", /fields/],
    ] as const
  ) assert.throws(() => parseCron(text), why, text);
});

const cron = fc.tuple(
  fc.subarray([0, 7, 15, 30, 59], { minLength: 1 }),
  fc.subarray([0, 1, 2, 3, 4, 12, 23], { minLength: 1 }),
  fc.option(fc.subarray([1, 13, 28, 29, 30, 31], { minLength: 1 }), { nil: undefined }),
  fc.option(fc.subarray([1, 2, 3, 10, 11], { minLength: 1 }), { nil: undefined }),
  fc.option(fc.subarray([0, 1, 3, 6], { minLength: 1 }), { nil: undefined }),
).map((fields) => fields.map((values) => values?.join(",") ?? "*").join(" "));

/** Whether systemd is here to be asked. */
async function systemd(): Promise<boolean> {
  try {
    return (await new Deno.Command("systemd-analyze", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}
const asked = await systemd();
if (!asked) console.log("Not compared with systemd: systemd-analyze is not here");

Deno.test({
  name: "calendarEvents() is due in systemd when the cron is, where the clock does not change",
  ignore: !asked,
  fn: async () => {
    await fc.assert(
      fc.asyncProperty(
        cron,
        fc.constantFrom("UTC", "Asia/Kolkata", "America/Sao_Paulo"),
        async (text, zone) => {
          const from = new Date("2027-01-01T00:00:30Z");
          const ours = (await nextTimes(parseCron(text), zone, from, 3)).map((at) => at.getTime());
          const theirs = new Set<number>();
          for (const event of calendarEvents(parseCron(text), zone)) {
            const { stdout } = await new Deno.Command("systemd-analyze", {
              args: ["calendar", `--base-time=2027-01-01 00:00:30 UTC`, "--iterations=3", event],
              env: { TZ: "UTC", LANG: "C" },
            }).output();
            const lines = new TextDecoder().decode(stdout).matchAll(
              /(?:Next elapse|Iter\. #\d): \w+ (\S+) (\S+) UTC/g,
            );
            for (const [, day, time] of lines) theirs.add(Date.parse(`${day}T${time}Z`));
          }
          assert.deepEqual(ours, [...theirs].sort((a, b) => a - b).slice(0, 3), text);
        },
      ),
      { numRuns: 25 },
    );
  },
});

Deno.test("nextTimes() leaves out what the clock goes forward over, or puts it after the change", async () => {
  const from = new Date("2027-03-27T12:00:00Z");
  const times = async (text: string, skipped?: "never") =>
    (await nextTimes(parseCron(text), "Europe/Berlin", from, 2, skipped)).map((at) =>
      at.toISOString().slice(8, 16)
    );
  assert.deepEqual(await times("30 2 * * *"), ["28T01:00", "29T00:30"]);
  // As systemd 257 has it.
  assert.deepEqual(await times("30 2 * * *", "never"), ["29T00:30", "30T00:30"]);
  assert.deepEqual(await times("30 3 * * *", "never"), ["28T01:30", "29T01:30"]);
  assert.deepEqual(await nextTimes(parseCron("0 0 30 2 *"), "UTC", from, 2, "never"), []);
});

Deno.test("clockChanges() finds when clocks go forward and back", () => {
  const changes = clockChanges("Europe/Berlin", new Date("2026-06-01T00:00:00Z"), 366);
  assert.deepEqual(changes.map(({ at, minutes }) => [at.toISOString(), minutes]), [
    ["2026-10-25T01:00:00.000Z", -60],
    ["2027-03-28T01:00:00.000Z", 60],
  ]);
  assert.deepEqual(clockChanges("UTC", new Date(), 366), []);
  assert.equal(wallClock("Europe/Berlin", new Date("2027-03-28T01:00:00Z")), "Sun 2027-03-28 03:00 GMT+2");
});

Deno.test("clockTroubles() names times that the clock leaves out or shows twice", () => {
  const from = new Date("2026-06-01T00:00:00Z");
  const kinds = (text: string, zone = "Europe/Berlin") =>
    clockTroubles(parseCron(text), zone, from).map(({ kind }) => kind);
  assert.deepEqual(kinds("30 2 * * *"), ["twice", "skipped"]);
  assert.deepEqual(kinds("30 3 * * *"), []);
  assert.deepEqual(kinds("30 2 * * 1"), []);
  assert.deepEqual(kinds("0 * * * *"), []);
  assert.deepEqual(kinds("30 2 * * *", "UTC"), []);
  assert.deepEqual(kinds("30 1 * * *", "America/New_York"), ["twice"]);
});
