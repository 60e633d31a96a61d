import assert from "node:assert/strict";
import type { Event } from "../../engine/events.ts";
import { sampleEvents } from "../../tests/support/sample_events.ts";
import { has } from "../../tests/support/needs.ts";
import { placeFrom } from "../errors.ts";
import { documentText, kindOfFile } from "./document.ts";
import { annotation, annotations } from "./github.ts";
import { runModel } from "./model.ts";

const place = placeFrom("/project");
const hostile = `<script>document.title="owned"</script>&"'\u0000\u001b[31m]]>\ud800`;

/** The sample with names, titles and output that try to be more than text. */
const evil: readonly Event[] = sampleEvents.map((event) => {
  if (event.type === "action-finished") {
    return { ...event, title: hostile, output: hostile, changes: [hostile] };
  }
  if (event.type === "message") return { ...event, text: hostile };
  return event;
});

const related: Event = {
  type: "groups-related",
  at: sampleEvents.at(-1)?.at ?? "",
  run: "r",
  groups: [
    { name: "web", after: ["db"], nodes: ["web-1", "web-2"] },
    { name: "db", after: [], nodes: ["db-1"] },
  ],
  reads: [{ reader: "web-1", of: "db-1", facility: "mysql" }],
};
const withGroups = [...sampleEvents.slice(0, -1), related, ...sampleEvents.slice(-1)];

Deno.test("runModel() joins what belongs together, and takes what was told twice once", () => {
  const model = runModel([...sampleEvents.slice(0, -1), ...sampleEvents]);
  assert.deepEqual(model?.phases.map(({ phase }) => phase), ["configure"]);
  const targets = model?.phases[0]?.targets ?? [];
  assert.deepEqual(targets.map(({ target, result, actions }) => [target, result, actions.length]), [
    ["web-1", "ok", 2],
    ["db-1", "failed", 1],
    ["web-2", "unreachable", 0],
  ]);
  assert.equal(runModel([]), undefined);
});

Deno.test("the page of a run says of a target how much output is left out; of one told twice, once", async () => {
  const { at, run } = sampleEvents[0] ?? { at: "", run: "" };
  const omitted: Event = {
    type: "output-omitted",
    phase: "configure",
    target: "db-1",
    bytes: 900,
    lost: 0,
    path: "/srv/<output>",
    at,
    run,
  };
  const events = [...sampleEvents.slice(0, -1), omitted];
  const page = await documentText("html", [...events, ...events, ...sampleEvents.slice(-1)], place) ?? "";
  const said = "900 bytes of output are left out here; all of it is on the node in /srv/&lt;output&gt;";
  assert.equal(page.split(said).length, 2);
});

Deno.test("the kind of a saved report is told by its name", () => {
  assert.deepEqual(["a.html", "/b/c.xml", "d.jsonl"].map(kindOfFile), ["html", "junit", "jsonl"]);
  assert.throws(() => kindOfFile("report.pdf"), /Cannot tell what report "report.pdf" is to be/);
});

Deno.test("JUnit's XML has a case for each action, and holds whatever nodes say", async () => {
  const text = await documentText("junit", sampleEvents, place) ?? "";
  assert.match(text, /<testcase classname="web-1\.configure" name="packages nginx" time="2\.345"\/>/);
  assert.match(text, /<failure message="execScript false failed with exit status 3">at infra\.ts:12:5/);
  assert.match(text, /name="web-2 configure" tests="1" failures="0" errors="1"/);
  const worst = await documentText("junit", evil, place) ?? "";
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(worst, /[\u0000-\u0008\u001b]|<script>/);
  assert.match(worst, /&lt;script&gt;/);
});

Deno.test("annotations of GitHub Actions name file and line, and cannot be broken out of", () => {
  const relative = (file: string) => file.replace("/project/", "");
  const said = sampleEvents.flatMap((event) => annotations(event, relative));
  assert.match(
    said.join(""),
    /^::error file=infra\.ts,line=12,col=5,title=db-1%3A execScript false::exit status 3%0Atrying/m,
  );
  assert.match(said.join(""), /^::error title=web-2%3A configure::.*refused/m);
  assert.equal(
    annotation("error", "a,b:c\n::set-output", "50%\n::error::x"),
    "::error title=a%2Cb%3Ac%0A%3A%3Aset-output::50%25%0A::error::x\n",
  );
});

Deno.test("a page is whole by itself, with a graph of groups, and runs nothing", async () => {
  const text = await documentText("html", withGroups, place) ?? "";
  assert.match(text, /Content-Security-Policy" content="default-src 'none'/);
  assert.doesNotMatch(text, /<script|<link|src=|url\((?!#)|https?:\/\/(?!www\.w3\.org)/);
  assert.match(text, /reads mysql/);
  assert.match(text, />web \(2\)</);
  assert.doesNotMatch(await documentText("html", evil, place) ?? "", /<script/);
});

const chromium = await has("chromium");
if (!chromium) console.log("Pages are not looked at: chromium is not here");

/** Runs Chromium on a page. */
async function browse(url: string, ...args: readonly string[]): Promise<string> {
  const profile = await Deno.makeTempDir({ prefix: "pallet-chromium-" });
  try {
    const { stdout } = await new Deno.Command("chromium", {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        `--user-data-dir=${profile}`,
        ...args,
        url,
      ],
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(profile, { recursive: true });
  }
}

Deno.test({
  name: "a page is read by a browser as it was meant, also when nodes say what looks like a page",
  ignore: !chromium,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "pallet-page-" });
    try {
      const file = `${folder}/run.html`;
      await Deno.writeTextFile(file, await documentText("html", evil, place) ?? "");
      const dom = await browse(`file://${file}`, "--dump-dom");
      assert.match(dom, /<title>converge [^<]*: failed<\/title>/);
      assert.match(dom, /&lt;script&gt;document\.title=/);
      await Deno.writeTextFile(file, await documentText("html", withGroups, place) ?? "");
      for (const dark of [false, true]) {
        const picture = `${folder}/page.png`;
        const scheme = dark ? ["--blink-settings=preferredColorScheme=0"] : [];
        await browse(`file://${file}`, "--window-size=1100,1500", `--screenshot=${picture}`, ...scheme);
        assert.ok((await Deno.stat(picture)).size > 20_000);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
