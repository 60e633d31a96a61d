// Changes that cut the line to a node: it undoes them by itself, unless the run comes back over a new connection.
import assert from "node:assert/strict";
import type { Event } from "../engine/events.ts";
import { type LabProject, labTest, of } from "./support/lab.ts";

const DROP = "nft add table inet cut; nft 'add chain inet cut in { type filter hook input priority 0; }'; " +
  "nft add rule inet cut in tcp dport 22 drop";

const INFRA = `import { execScript, groupSpec, guarded, lineInFile, remoteFile, sh } from "pallet";
const note = (word: string) => execScript(sh\`echo \${word} >>/root/ran\`, { id: word });
// The lab's process 1 starts sshd again; connections that are there stay.
const restart = (id: string) => execScript(sh\`kill "$(cat /run/sshd.pid)"; sleep 1\`, { id });
const config = (line: string) => guarded([
  remoteFile("/etc/ssh/sshd_config.d/guarded.conf", { content: \`\${line}\\n\` }),
  restart("restart"),
], { within: 8, undo: [
  remoteFile("/etc/ssh/sshd_config.d/guarded.conf", { action: "delete", id: "take it away" }), restart("restart again"),
] });
export const a = groupSpec("a", { count: 1, phases: {
  firewall: () => [note("before"), guarded([execScript(sh\`${DROP}\`), note("inside")],
    { within: 8, undo: [execScript(sh\`nft delete table inet cut; echo undone >>/root/ran\`, { id: "open" })] }), note("after")],
  port: () => config("Port 2222"),
  wrong: () => config("Nonsense yes"),
  harmless: () => [config("PermitEmptyPasswords no"), note("after")],
  failing: () => [guarded([note("one"), execScript(sh\`exit 3\`), note("two")],
    { within: 30, undo: [execScript(sh\`echo undone >>/root/ran\`)] })],
  hanging: () => guarded([execScript(sh\`echo hangs >>/root/ran; sleep 600; echo never >>/root/ran\`)],
    { within: 4, undo: [execScript(sh\`echo undone >>/root/ran\`)] }),
} });
`;

/** What a failed action of a run said that it did. */
function undone(run: { readonly events: readonly Event[] }): readonly string[] {
  return of(run, "action-finished").filter((one) => one.id.startsWith("keep")).flatMap((one) => [
    one.result,
    ...one.changes,
  ]);
}

/** What a failed action printed last. */
function said(run: { readonly events: readonly Event[] }): string {
  return of(run, "action-finished").filter((one) => one.id.startsWith("keep"))[0]?.output ?? "";
}

async function ran(p: LabProject): Promise<string> {
  return await p.on("a-1", "cat /root/ran; rm -f /root/ran");
}

labTest("fault 9: what cuts the line is undone by the node, and the run says so", INFRA, async (p) => {
  await p.ok("converge", "--yes", "--no-phases");

  const firewall = await p.run("lift", "--phase", "firewall");
  assert.equal(firewall.status, 1, firewall.err);
  assert.deepEqual(
    undone(firewall),
    ["failed", "undo: execScript nft delete table inet cut; echo undone >>/root/ran (changed)"]
      .map((text) => text),
  );
  assert.match(said(firewall), /did not come back within 8 seconds/);
  assert.equal(await ran(p), "before\ninside\nundone");

  for (const phase of ["port", "wrong"]) {
    const run = await p.run("lift", "--phase", phase);
    assert.equal(run.status, 1, `${phase}: ${run.err}`);
    assert.equal(undone(run)[0], "failed", phase);
    assert.equal(undone(run).length, 3, `${phase}: ${undone(run)}`);
    await p.on("a-1", "test ! -e /etc/ssh/sshd_config.d/guarded.conf");
  }

  const kept = await p.ok("lift", "--phase", "harmless");
  assert.deepEqual(undone(kept), ["ok"]);
  assert.equal(await ran(p), "after");
  const again = await p.ok("lift", "--phase", "harmless");
  assert.ok(undone(again).includes("ok"));
  // Longer than the guard would have waited.
  await new Promise((resolve) => setTimeout(resolve, 9000));
  await p.on("a-1", "test -e /etc/ssh/sshd_config.d/guarded.conf");
});

labTest(
  "guarded actions that fail or hang are undone, those that did not run stay undone",
  INFRA,
  async (p) => {
    await p.ok("converge", "--yes", "--no-phases");
    const began = performance.now();
    const failing = await p.run("lift", "--phase", "failing");
    assert.equal(failing.status, 1, failing.err);
    assert.ok(performance.now() - began < 20_000, "at once");
    assert.equal(await ran(p), "one\nundone");
    assert.match(
      said(failing),
      /not all of the guarded actions succeeded/,
    );

    const hanging = await p.run("lift", "--phase", "hanging");
    assert.equal(hanging.status, 1, hanging.err);
    assert.equal(await ran(p), "hangs\nundone");
  },
);

labTest(
  "fault 9: a run that is killed leaves a node that undoes by itself; the run is gone on with",
  INFRA,
  async (p) => {
    await p.ok("converge", "--yes", "--no-phases");
    const cli = p.start(["lift", "--phase", "firewall"]);
    const { run } = await cli.until((event) => event.type === "action-started" && event.id === "inside");
    cli.kill("SIGKILL");
    await cli.finished.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 9000));
    const resumed = await p.run("resume", run, "--yes");
    assert.equal(resumed.status, 1, resumed.err);
    assert.equal(undone(resumed)[0], "failed");
    assert.equal(await ran(p), "before\ninside\nundone");

    // Gone on with in time, what was changed stays.
    const soon = p.start(["lift", "--phase", "harmless"]);
    const { run: second } = await soon.until((event) =>
      event.type === "action-started" && event.id === "restart"
    );
    soon.kill("SIGKILL");
    await soon.finished.catch(() => {});
    const other = await p.run("lift", "--phase", "failing");
    assert.notEqual(other.status, 0, "no other run comes in between");
    assert.match(other.err + JSON.stringify(other.events), new RegExp(second));
    assert.equal(await p.on("a-1", "test ! -e /root/ran && echo none"), "none");
    const kept = await p.run("resume", second, "--yes");
    assert.equal(kept.status, 0, kept.err);
    assert.equal(await ran(p), "after");
    await p.on("a-1", "test -e /etc/ssh/sshd_config.d/guarded.conf");
  },
);
