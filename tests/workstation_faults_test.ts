// What goes wrong on the workstation itself: its disk is full, it may open only so many files.
import assert from "node:assert/strict";
import { DETOUR, withDetour } from "./support/detour.ts";
import { type LabProject, labTest, of } from "./support/lab.ts";
import { denoDir, palletCommand } from "./support/process.ts";
import { withSmallDisk } from "./support/small_disk.ts";

const STEPS = [1, 2, 3, 4];

const INFRA = `import { execScript, groupSpec, sh } from "pallet";
export const a = groupSpec("a", { phases: {
  work: () => ${JSON.stringify(STEPS)}.map((at) =>
    execScript(sh\`echo \${at} >>/root/ran; seq 200; sleep 0.3\`, { id: \`step-\${at}\` })),
  next: () => execScript(sh\`echo next >>/root/ran\`),
} });
`;

const LIFT = ["lift", "--service", DETOUR, "--phase", "work,next"];

const ran = (p: LabProject) => p.on("a-1", "cat /root/ran 2>/dev/null || true");

labTest(
  "fault 47: a full disk of the workstation stops a run in order, and nothing is lost or told in halves",
  INFRA,
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const state = `${p.folder}/small`;
    const env = { XDG_STATE_HOME: state };
    await withDetour(p, { nodes: [] }, () =>
      withSmallDisk(state, "1m", async (fill) => {
        const large = await fill();
        const refused = await p.start(LIFT, env).finished;
        assert.equal(refused.status, 2);
        assert.match(
          refused.err,
          /Cannot write state to ".*": No space left on device.*\nhelp: Free some space there/,
        );
        assert.equal(await ran(p), "", "what cannot be kept is not begun");

        await Deno.remove(large);
        const cli = p.start(LIFT, env);
        await cli.until((event) => event.type === "action-started" && event.id === "step-2");
        await fill();
        const stopped = await cli.finished;
        assert.equal(stopped.status, 1, "something was done");
        assert.match(stopped.err, /Cannot write state to .*No space left on device/);
        assert.equal(of(stopped, "run-finished")[0]?.exitCode, 1, "whoever listens hears of the end");
        assert.deepEqual(
          of(stopped, "action-finished").map((one) => `${one.id} ${one.result}`),
          STEPS.map((at) => `step-${at} changed`),
        );
        assert.equal(
          await ran(p),
          STEPS.join("\n"),
          "the script that ran ran to its end, and the next was not sent",
        );

        const full = await p.start(["resume", "--yes"], env).finished;
        assert.equal(full.status, 2);
        await Deno.remove(large);
        const resumed = await p.start(["resume", "--yes"], env).finished;
        assert.equal(resumed.status, 0, resumed.err);
        assert.equal(await ran(p), [...STEPS, "next"].join("\n"), "each once");
      }));
  },
);

labTest("fault 48: more nodes than open files are refused before any is touched", INFRA, async (p) => {
  await p.ok("converge", "a=1", "--yes", "--no-phases");
  const { address, port = 22, user, hostKeys, identities } = await p.route("a-1");
  const nodes = Array.from({ length: 60 }, (_, at) => ({
    name: `a-${at + 1}`,
    group: "a",
    address,
    port,
    user,
    "host-keys": hostKeys,
    identities,
    tags: { bootstrapped: "true" },
  }));
  const services = { [DETOUR]: { provider: "node-list", nodes } };
  await p.write("pallet.yaml", JSON.stringify({ services, "ssh-config": "none" }));
  const lift = async (...args: readonly string[]) => {
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", 'ulimit -n 64; exec "$@"', "sh", ...palletCommand, ...LIFT, ...args],
      cwd: p.folder,
      env: {
        XDG_CONFIG_HOME: "/nonexistent",
        XDG_STATE_HOME: `${p.folder}/other`,
        DENO_DIR: denoDir,
        NO_COLOR: "1",
      },
    }).output();
    return { code, err: new TextDecoder().decode(stderr) };
  };
  const { code, err } = await lift();
  assert.equal(code, 2, err);
  assert.match(
    err,
    /^error: Cannot connect to 60 nodes at once: this process may have 64 files open, and it would need 100\nhelp: .*ulimit -n/,
  );
  assert.equal(await ran(p), "");
  const some = await lift("--limit", "a-1", "--quiet");
  assert.equal(some.code, 0, some.err);
});
