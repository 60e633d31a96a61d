import assert from "node:assert/strict";
import { makeScreen, screenTerminal } from "../../tests/support/screen.ts";
import { sampleEvents } from "../../tests/support/sample_events.ts";
import { placeFrom } from "../errors.ts";
import { type Output, paintFor } from "../terminal.ts";
import { jsonlReporter } from "./jsonl.ts";
import { eventLines, plainReporter } from "./plain.ts";
import { ttyReporter } from "./tty.ts";
import type { Detail } from "./reporter.ts";

function sink(): { readonly output: Output; text(): string } {
  let written = "";
  const output = {
    terminal: false,
    paint: paintFor(false),
    write: (text: string) => void (written += text),
    size: () => ({ columns: 80, rows: 24 }),
  };
  return { output, text: () => written };
}

function plain(detail: Detail): string {
  const { output, text } = sink();
  const reporter = plainReporter(output, placeFrom("/project"), detail);
  for (const event of sampleEvents) reporter.event(event);
  reporter.close();
  return text();
}

const FAILURES = String.raw`
db-1: execScript false failed in phase configure (exit 3)
  at infra.ts:12:5
  | trying
  | no such \x1b[2Jthing

web-2:
error: Cannot reach node "web-2": refused
help: Is sshd running?
`;

const SUMMARY = `web-1  ok           1 ok, 1 changed
web-2  unreachable
db-1   failed       1 failed
${FAILURES}`;

Deno.test("plainReporter() prints what changed and failed, then a summary and the failures in full", () => {
  assert.equal(
    plain("normal"),
    `+ web-2 debian-12
^ db-1 is stopped: start
- db-2
db-2 | removed
web-2 | creating
web-2 | created (10.0.0.3)
phase configure on 3 nodes
web-1 | changed  packages nginx (2.3s)
db-1 | failed   execScript false (40ms, exit 3)
db-1 | configure: failed, 1 failed
web-1 | configure: ok, 1 ok, 1 changed
web-2 | failed  Cannot reach node "web-2": refused
web-2 | configure: unreachable
${SUMMARY}failed in 5.2s
`,
  );
});

Deno.test("plainReporter() prints every action when verbose, and failures alone when quiet", () => {
  assert.match(plain("verbose"), /web-1 \| ok {7}remoteFile \/etc\/motd \(12ms\)\n/);
  assert.match(plain("verbose"), /web-2 \| waiting for port 22\n/);
  assert.equal(plain("quiet"), SUMMARY.replace(/^web-1 .*\n/, ""));
});

Deno.test("plainReporter() shows what an action wrote when verbose, and then alone", () => {
  const done = sampleEvents.find((event) => event.type === "action-finished" && event.result === "changed");
  assert.ok(done?.type === "action-finished");
  const lines = (detail: "normal" | "verbose") =>
    eventLines({ ...done, output: "one\ntwo\n" }, sink().output, detail);
  assert.deepEqual(lines("verbose").slice(-2), ["  | one", "  | two"]);
  assert.equal(lines("normal").length, 1);
});

Deno.test("plainReporter() says at any length how much output is left out, and where it is", () => {
  const event = { type: "output-omitted", phase: "load", target: "web-1", at: "", run: "r" } as const;
  for (const detail of ["quiet", "normal", "verbose"] as const) {
    const line = (more: { bytes: number; lost: number; path?: string }) =>
      eventLines({ ...event, ...more }, sink().output, detail);
    const left = "web-1 | load: 900 bytes of output are left out here";
    assert.deepEqual(line({ bytes: 900, lost: 0, path: "/s/output" }), [
      `${left}; all of it is on the node in /s/output`,
    ]);
    assert.deepEqual(line({ bytes: 900, lost: 800, path: "/s/\x1boutput" }), [
      `${left}; 800 of them are gone, all else is on the node in /s/\\x1boutput`,
    ]);
    assert.deepEqual(line({ bytes: 900, lost: 900 }), [`${left}, and not kept on the node`]);
  }
});

Deno.test("plainReporter() does not repeat what nodes wrote when that was shown as it came", () => {
  const { output, text } = sink();
  const reporter = plainReporter(output, placeFrom("/project"), "quiet", true);
  for (const event of sampleEvents) reporter.event(event);
  assert.match(text(), /db-1: execScript false failed in phase configure \(exit 3\)\n {2}at infra/);
  assert.doesNotMatch(text(), /trying/);
});

Deno.test("jsonlReporter() writes each event as one line of JSON", () => {
  const { output, text } = sink();
  const reporter = jsonlReporter(output);
  for (const event of sampleEvents) reporter.event(event);
  const lines = text().trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => JSON.parse(line)), sampleEvents);
});

Deno.test("ttyReporter() leaves the lines that stay, the summary and the cursor, and nothing of the view", () => {
  const screen = makeScreen(80, 24);
  const reporter = ttyReporter(screenTerminal(screen), placeFrom("/project"), "normal");
  for (const event of sampleEvents) reporter.event(event);
  reporter.close();
  assert.equal(screen.cursorShown(), true);
  assert.equal(
    `${screen.lines().join("\n")}\n`,
    `+ web-2 debian-12
^ db-1 is stopped: start
- db-2
db-2 | removed
web-2 | created (10.0.0.3)
web-1 | changed  packages nginx (2.3s)
db-1 | failed   execScript false (40ms, exit 3)
web-2 | failed  Cannot reach node "web-2": refused
${SUMMARY}failed in 5.2s
`,
  );
});

Deno.test("ttyReporter() shows nodes at work in place, within the terminal, and gives it up for a question", () => {
  const screen = makeScreen(40, 8);
  const reporter = ttyReporter(screenTerminal(screen), placeFrom("/project"), "normal");
  try {
    const working = sampleEvents.findIndex((event) => event.type === "action-finished");
    for (const event of sampleEvents.slice(0, working)) reporter.event(event);
    reporter.note("a note");
    const shown = screen.lines();
    assert.match(shown.join("\n"), /\n. converge on lab {2}phase configure/);
    assert.match(shown.join("\n"), /\n {2}web-1 {2}configure {2}1\/2 {2}packages ngin…?/);
    assert.match(shown.join("\n"), /2 running, 1 waiting, 1 done/);
    assert.equal(screen.cursorShown(), false);
    assert.ok(shown.every((line) => line.length < 40), "no line reaches the edge");
    reporter.pause();
    assert.equal(screen.cursorShown(), true);
    assert.deepEqual(screen.lines(), [
      "+ web-2 debian-12",
      "^ db-1 is stopped: start",
      "- db-2",
      "db-2 | removed",
      "web-2 | created (10.0.0.3)",
      "a note",
    ]);
    reporter.resume();
    assert.match(screen.lines().join("\n"), /converge on lab/);
  } finally {
    reporter.close();
  }
});
