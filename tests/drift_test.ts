// What becomes of nodes between runs: seen by a check that a schedule can run, told and mended by the next run.
import assert from "node:assert/strict";
import { labTest, of } from "./support/lab.ts";
import { pallet } from "./support/process.ts";

const INFRA = `import { directory, groupSpec, remoteFile } from "pallet";
export const a = groupSpec("a", { count: 2, phases: { configure: () => [
  directory("/srv/app", { mode: "0750" }),
  remoteFile("/srv/app/free", { content: "ours\\n", overwriteChanges: true }),
  remoteFile("/srv/app/kept", { content: "ours\\n" }),
] } });
`;

labTest(
  "fault 49, fault 50: drift is seen by a check that is silent otherwise, told as somebody's hand, and mended",
  INFRA,
  async (p) => {
    await p.ok("converge", "--yes");
    const check = () =>
      pallet(["plan", "--check", "--detailed-exitcode", "--quiet"], {
        cwd: p.folder,
        env: { XDG_STATE_HOME: `${p.folder}/state` },
      });
    const clean = await check();
    assert.deepEqual([clean.status, clean.out, clean.err], [0, "", ""]);

    await p.on("a-2", "echo mine >/srv/app/free; chmod 700 /srv/app");
    const drifted = await check();
    assert.equal(drifted.status, 3, drifted.err);
    assert.match(drifted.out, /^a-2/);
    assert.match(drifted.out, /replace \/srv\/app\/free, which was changed by hand/);
    assert.match(drifted.out, /-mine/);
    assert.doesNotMatch(drifted.out, /a-1|kept/);

    const mended = await p.ok("converge", "--yes");
    const changes = of(mended, "action-finished").flatMap((one) =>
      one.changes.map((text) => `${one.target}: ${text}`)
    );
    assert.equal(changes.length, 2, changes.join("; "));
    assert.ok(changes.includes("a-2: replace /srv/app/free, which was changed by hand"), changes.join("; "));
    assert.deepEqual((await check()).status, 0);

    // A plan that was looked at is no promise: what came since is seen by the run itself, and not overwritten.
    await p.ok("plan", "--check");
    await p.on("a-1", "echo mine >/srv/app/kept");
    const refused = await p.run("converge", "--yes");
    assert.equal(refused.status, 1, refused.err);
    assert.equal(await p.on("a-1", "cat /srv/app/kept"), "mine");

    await p.lab.stop([await p.node("a-2")]);
    await p.on("a-1", "echo ours >/srv/app/kept");
    const silent = await check();
    assert.equal(silent.status, 3, "a node to start is drift too");
    // Another clock changes nothing: the node's is never compared with this one's.
  },
);
