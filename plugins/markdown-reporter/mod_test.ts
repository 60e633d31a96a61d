import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { ConfiguredPlugin } from "../../engine/config/config.ts";
import type { Event } from "../../engine/events.ts";
import { withProject } from "../../engine/modules/fixture.ts";
import { configured, ownPlugin, pluginContext } from "../../tests/support/plugins.ts";
import { sampleEvents } from "../../tests/support/sample_events.ts";
import { pluginsOf } from "../mod.ts";
import { emptyRun, markdown, note, plain } from "./markdown.ts";

/** What the reporter writes of these events. */
async function shown(
  events: readonly Event[],
  plugin: Partial<ConfiguredPlugin> = {},
  folder = "/",
): Promise<string> {
  const one = configured({ from: ownPlugin("markdown-reporter"), kind: "reporter", ...plugin }, folder);
  let text = "";
  const failures: string[] = [];
  const running = await pluginsOf({ one }, pluginContext()).reporters[0]?.open({
    screen: { terminal: false, color: false, columns: 80, detail: "normal" },
    write: (more) => text += more,
    failed: (reason) => void failures.push(reason),
  });
  for (const event of events) running?.event(event);
  await running?.finish();
  if (failures.length > 0) throw new Error(failures.join());
  return text;
}

/** The page of events, in this process. */
function page(events: readonly Event[], diffs = true): string {
  const run = emptyRun();
  for (const event of events) note(run, event);
  const end = events.find((event) => event.type === "run-finished");
  assert.ok(end?.type === "run-finished");
  return markdown(run, end, { diffs });
}

Deno.test("markdown-reporter shows a run as a page", async () => {
  const text = await shown(sampleEvents);
  assert.equal(text, page(sampleEvents), "the process and the function agree");
  assert.match(text, /^## pallet converge configure: failed\n\nService lab, /);
  assert.match(text, /\nCreated: web&#45;2\n\nRemoved: db&#45;2\n/);
  assert.match(text, /\| node \| group \| result \|.*\n\| --- \|/);
  assert.match(text, /\*\*changed\*\* web&#45;1: packages nginx/);
});

Deno.test("markdown-reporter adds to a file that it was granted, and to no other", async () => {
  await withProject({ "page.md": "before\n" }, async (folder) => {
    const options = { file: join(folder, "page.md") };
    assert.equal(await shown(sampleEvents, { options, permissions: { write: ["page.md"] } }, folder), "");
    assert.match(await Deno.readTextFile(join(folder, "page.md")), /^before\n## pallet converge/);
    await assert.rejects(
      () => shown(sampleEvents, { options }, folder),
      /needs write access to ".*page\.md"/,
    );
  });
});

Deno.test("markdown-reporter lets no text of a node make Markdown", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const safe = plain(text);
    assert.doesNotMatch(safe.replaceAll(/&#\d+;/g, ""), /[\\`*_{}[\]<>()#+!|~&@\n\r-]/);
  }));
  const hostile = sampleEvents.map((event) =>
    event.type === "action-finished"
      ? { ...event, result: "failed" as const, title: "x](http://evil) |\n# y", output: "```\n````\n# out" }
      : event
  );
  const text = page(hostile);
  assert.doesNotMatch(text, /\]\(http/);
  const fences = text.split("\n").filter((line) => /^ {2}`{5}/.test(line));
  assert.ok(fences.length > 0 && fences.length % 2 === 0, "a fence longer than any in the text");
});
