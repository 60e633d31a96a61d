// A run that ended in the middle, and the one after it: nothing is run twice, held for long, or left behind.
import assert from "node:assert/strict";
import { join } from "node:path";
import { DETOUR, withDetour } from "./support/detour.ts";
import { type LabProject, labTest, of } from "./support/lab.ts";

const INFRA = `import { execScript, groupSpec, onChange, remoteFile, sh } from "pallet";
const large = remoteFile("/srv/large", { localFile: "large.bin" });
export const a = groupSpec("a", { phases: {
  slow: () => [1, 2, 3, 4].map((at) => execScript(sh\`
    echo \${at} >>/root/ran
    for ((tries = 0; \${at} == 2 && tries < 300; tries++)); do [[ ! -e /root/go ]] || break; sleep 0.1; done\`, { id: \`step-\${at}\` })),
  next: () => execScript(sh\`echo next >>/root/ran\`),
  endless: () => {
    for (;;);
  },
  large: () => [large, execScript(sh\`echo large >>/root/ran\`)],
  react: () => {
    const conf = remoteFile("/srv/conf", { content: "new\\n" });
    return [
      conf,
      execScript(sh\`sleep 1\`, { id: "pause" }),
      onChange(conf, execScript(sh\`echo restarted >>/root/ran\`)),
    ];
  },
} });
`;

async function eventually(p: LabProject, name: string, command: string): Promise<void> {
  await p.on(name, `for _ in $(seq 100); do ${command} && exit 0; sleep 0.1; done; exit 1`);
}

labTest(
  "fault 37: a command line that is killed: its script goes on and holds the node, and then the next run has it at once",
  INFRA,
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const cli = p.start(["lift", "--phase", "slow,next"]);
    await cli.until((event) => event.type === "action-started" && event.id === "step-2");
    cli.kill("SIGKILL");
    const refused = await p.run("lift", "--phase", "next");
    assert.equal(refused.status, 1);
    const [failed] = of(refused, "node-failed");
    assert.match(
      failed?.failure.message ?? "",
      new RegExp(`^Cannot use a-1 \\(.*pid ${cli.pid} has a script going on there$`),
    );
    await p.on("a-1", "touch /root/go");
    await eventually(p, "a-1", "! pgrep -f '[/]scripts/.*/script'");
    assert.equal(await p.on("a-1", "cat /root/ran"), "1\n2\n3\n4", "nothing after it, and nothing twice");
    await p.ok("lift", "--phase", "next");
  },
);

labTest(
  "a command line that is killed while it makes nodes: the next one has as many as it should",
  INFRA,
  async (p) => {
    for (let round = 0; round < 3; round++) {
      const cli = p.start(["converge", "a=4", "--yes", "--phase", "next"]);
      await cli.until((event) => event.type === "node-creating");
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
      cli.kill("SIGKILL");
      await cli.finished;
      const run = await p.ok("converge", "a=4", "--yes", "--phase", "next");
      assert.deepEqual(await p.names(), ["a-1", "a-2", "a-3", "a-4"]);
      assert.equal(of(run, "action-finished").length, 4);
      await p.ok("destroy", "--yes");
      assert.deepEqual(await p.traces(), []);
    }
  },
);

labTest(
  "fault 46: interrupted while it makes nodes: those that were begun are there, and nothing else is done",
  INFRA,
  async (p) => {
    const cli = p.start(["converge", "a=4", "--yes", "--phase", "next"]);
    await cli.until((event) => event.type === "node-creating");
    cli.kill("SIGINT");
    const run = await cli.finished;
    assert.equal(run.status, 130, run.err);
    assert.deepEqual(of(run, "phase-started"), []);
    const created = of(run, "node-created").map((event) => event.target).sort();
    assert.deepEqual(await p.names(), created, "what is told is what there is");
    await p.ok("converge", "a=4", "--yes", "--phase", "next");
  },
);

labTest(
  "interrupted twice while a phase that never ends is evaluated: it ends, nothing done",
  INFRA,
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const cli = p.start(["lift", "--phase", "endless"]);
    await cli.until((event) => event.type === "run-started");
    cli.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 500));
    cli.kill("SIGINT");
    const began = performance.now();
    const run = await cli.finished;
    assert.ok(performance.now() - began < 10_000);
    assert.equal(run.status, 130, run.err);
    assert.doesNotMatch(run.err, /defect|error/);
    assert.equal(of(run, "run-finished")[0]?.exitCode, 130);
  },
);

labTest(
  "fault 32: a reaction whose run was cut short happens in the next, though nothing changes there",
  INFRA,
  async (p) => {
    await p.ok("converge", "a=1", "--yes", "--no-phases");
    const cli = p.start(["lift", "--phase", "react"]);
    await cli.until((event) => event.type === "action-started" && event.id === "pause");
    await p.on("a-1", "pkill -KILL -f '^bash .*[/]scripts/.*/script'");
    const cut = await cli.finished;
    assert.equal(cut.status, 1);
    assert.equal(await p.on("a-1", "cat /srv/conf; ls /root"), "new");
    await p.ok("lift", "--phase", "react");
    assert.equal(await p.on("a-1", "cat /root/ran"), "restarted");
    await p.ok("lift", "--phase", "react");
    assert.equal(await p.on("a-1", "cat /root/ran"), "restarted", "once is enough");
  },
);

labTest("connections cut while a large file is on its way: it arrives whole, and once", INFRA, async (p) => {
  const bytes = new Uint8Array(4_000_000);
  for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  await Deno.writeFile(join(p.folder, "large.bin"), bytes);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  await p.ok("converge", "a=2", "--yes", "--no-phases");
  await withDetour(p, { nodes: ["a-1", "a-2"] }, async (proxies) => {
    const cli = p.start(["lift", "--service", DETOUR, "--phase", "large"]);
    for (const [at, name] of ["a-1", "a-2"].entries()) {
      await cli.until((event) => event.type === "node-connected" && event.target === name);
      proxies.get(name)?.cutAfter(Math.floor((at + Math.random()) * 1_900_000), "up");
    }
    const run = await cli.finished;
    assert.equal(run.status, 0, run.err);
    for (const name of ["a-1", "a-2"]) {
      assert.equal(await p.on(name, "sha256sum </srv/large; cat /root/ran"), `${sum}  -\nlarge`);
      assert.ok((proxies.get(name)?.connections ?? 0) > 1, "it was cut");
    }
    const { up } = proxies.get("a-1")?.bytes ?? { up: 0 };
    await p.ok("lift", "--service", DETOUR, "--phase", "large");
    assert.ok(
      (proxies.get("a-1")?.bytes.up ?? 0) - up < 100_000,
      "a node that has a file is not sent it again",
    );
  });
});
