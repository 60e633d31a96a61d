// Nodes shared out over runners that run at the same time, and what they tell together.
import assert from "node:assert/strict";
import { labTest, of } from "./support/lab.ts";
import { pallet } from "./support/process.ts";

const INFRA = `import { execScript, groupSpec, sh } from "pallet";
export const web = groupSpec("web", { count: 6, phases: {
  configure: ({ nodesInGroup, onOneNode }) => [
    execScript(sh\`echo run >>/root/log; sleep 0.3\`, { id: "log" }),
    execScript(sh\`echo \${String(nodesInGroup("web").length)} >/root/seen\`, { id: "seen", creates: "/root/seen" }),
    onOneNode(() => execScript(sh\`echo once >>/root/once\`, { id: "once" })),
  ],
} });
`;

labTest("three runners at once do together what one does, and are told as one", INFRA, async (p) => {
  const refused = await p.run("converge", "--shard", "1/3", "--yes");
  assert.equal(refused.status, 2);
  assert.match(refused.err, /Group "web" has not its count: .*\n.*pallet converge --no-phases/);
  await p.ok("converge", "--no-phases", "--yes");
  const shards = await Promise.all(
    ["1", "2", "3"].map((k) => p.ok("converge", "--shard", `${k}/3`, "--save", `shard-${k}.jsonl`)),
  );
  const done = shards.map((run) => of(run, "target-finished").map(({ target }) => target));
  const names = await p.names();
  assert.deepEqual(done.flat().sort(), names);
  assert.ok(done.filter((own) => own.length > 0).length > 1, "more than one runner had work");
  for (const name of names) {
    assert.equal(
      await p.on(name, "cat /root/log /root/seen /root/once 2>/dev/null || true"),
      name === "web-1" ? "run\n6\nonce" : "run\n6",
    );
  }
  const report = async (...args: readonly string[]) => {
    const { status, out, err } = await pallet(["report", ...args], {
      cwd: p.folder,
      env: { XDG_STATE_HOME: `${p.folder}/state` },
    });
    assert.equal(status, 0, err);
    return out;
  };
  const files = ["shard-1.jsonl", "shard-2.jsonl", "shard-3.jsonl"];
  const runs = shards.flatMap((run) => of(run, "run-started").map((event) => event.run));
  for (const which of [files, runs]) {
    const events = (await report(...which, "--json")).trim().split("\n").map((line) => JSON.parse(line));
    const told = of({ events }, "run-finished").flatMap(({ targets }) => targets.map(({ target }) => target));
    assert.deepEqual(told.sort(), names);
  }
  await report(...files, "--save", "all.html", "--save", "all.xml");
  const suites = (await Deno.readTextFile(`${p.folder}/all.xml`)).match(/<testsuite name="[^"]* configure"/g);
  assert.equal(suites?.length, names.length);
  const page = await Deno.readTextFile(`${p.folder}/all.html`);
  assert.ok(names.every((name) => page.includes(name)));
  await Deno.writeTextFile(`${p.folder}/none.jsonl`, "{}\n");
  const none = await pallet(["report", "none.jsonl"], { cwd: p.folder });
  assert.equal(none.status, 2);
  assert.match(none.err, /There is no run in .*none\.jsonl/);
});
