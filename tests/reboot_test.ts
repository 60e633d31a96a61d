// Phases that restart their node: sent in pieces, and gone on with at any moment.
import assert from "node:assert/strict";
import { type LabProject, labTest, of } from "./support/lab.ts";

const INFRA = `import { captured, execScript, groupSpec, onChange, reboot, remoteFile, sh } from "pallet";
const note = (word: string) => execScript(sh\`echo \${word} >>/root/ran\`, { id: word });
export const a = groupSpec("a", { count: 1, phases: {
  always: () => {
    const conf = remoteFile("/root/conf", { content: "x\\n" });
    return [
      execScript(sh\`hostname\`, { capture: "name" }),
      conf,
      note("before"),
      reboot({ when: "always", within: 60 }),
      execScript(sh\`echo after \${captured("name")} >>/root/ran\`, { id: "after" }),
      onChange(conf, note("reaction")),
      reboot(),
      note("last"),
    ];
  },
  needed: () => [reboot({ within: 60 }), note("after")],
} });
`;

/**
 * A lab node has no firmware that would start it again: while a body runs, the lab's provider does, whenever the node has
 * shut itself down.
 */
async function withFirmware(p: LabProject, body: () => Promise<void>): Promise<void> {
  await p.ok("converge", "--yes", "--no-phases");
  const command = "#!/bin/sh\\nkill -TERM 1\\n";
  await p.on("a-1", `printf '${command}' >/usr/local/sbin/reboot && chmod 755 /usr/local/sbin/reboot`);
  let over = false;
  const watch = async () => {
    while (!over) {
      const node = await p.node("a-1");
      if (node.state === "stopped") await p.lab.start([node]);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const watching = watch();
  try {
    await body();
  } finally {
    over = true;
    await watching;
  }
}

/** When the node started, by its own process 1. */
function started(p: LabProject): Promise<string> {
  return p.on("a-1", "stat -c %Y.%i /proc/1; cut -d' ' -f22 /proc/1/stat");
}

labTest(
  "a phase goes on behind a restart of its node, with what it captured and what changed",
  INFRA,
  (p) =>
    withFirmware(p, async () => {
      const first = await started(p);

      const check = await p.ok("lift", "--phase", "always", "--check");
      const would = of(check, "action-finished").map(({ id, result }) => `${id} ${result}`);
      assert.ok(would.includes("reboot:always would-change"), would.join(", "));
      assert.equal(await started(p), first, "a check restarts nothing");

      const run = await p.ok("lift", "--phase", "always");
      assert.notEqual(await started(p), first);
      assert.equal(await p.on("a-1", "cat /root/ran"), "before\nafter a-1\nreaction\nlast");
      const finished = of(run, "action-finished");
      assert.deepEqual(finished.map((one) => one.index), [0, 1, 2, 3, 4, 5, 6, 7]);
      assert.equal(finished.find((one) => one.id === "reboot:always")?.result, "changed");
      assert.equal(finished.find((one) => one.id === "reboot:needed")?.result, "ok", "nobody asked for it");
      assert.equal(of(run, "target-finished")[0]?.counts.changed, 7);

      const second = await started(p);
      await p.on("a-1", "touch /run/reboot-required; rm /root/ran");
      await p.ok("lift", "--phase", "needed");
      assert.notEqual(await started(p), second);
      const third = await started(p);
      await p.ok("lift", "--phase", "needed");
      assert.equal(await started(p), third, "nothing asks for it any more");
      assert.equal(await p.on("a-1", "cat /root/ran"), "after\nafter");
    }),
);

labTest(
  "a run that is killed before, during and after a restart is gone on with, each action once",
  INFRA,
  (p) =>
    withFirmware(p, async () => {
      const moments = [0, 400, 900, 1500, 2500];
      for (const wait of moments) {
        await p.on("a-1", "rm -f /root/ran /root/conf");
        const before = await started(p);
        const cli = p.start(["lift", "--phase", "always"]);
        await cli.until((event) => event.type === "action-started" && event.id === "before");
        await new Promise((resolve) => setTimeout(resolve, wait));
        cli.kill("SIGKILL");
        await cli.finished.catch(() => {});
        const resumed = await p.run("resume", "--yes");
        const failures = of(resumed, "node-failed").map((event) => event.failure.message);
        assert.equal(resumed.status, 0, `${wait}: ${resumed.err} ${failures.join("; ")}`);
        assert.notEqual(await started(p), before, String(wait));
        assert.equal(await p.on("a-1", "cat /root/ran"), "before\nafter a-1\nreaction\nlast", String(wait));
      }
    }),
);
