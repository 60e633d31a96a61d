import assert from "node:assert/strict";
import { testInRoot, whyNoThrowawayRoot, withThrowawayRoot } from "./throwaway.ts";

const reason = await whyNoThrowawayRoot();
const ignore = reason !== undefined;

/** Mounts and processes of this machine that a root would leave. */
async function traces(): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "args"] }).output();
  const processes = new TextDecoder().decode(stdout).split("\n").filter((line) =>
    line.includes("pallet-root-")
  );
  const mounts = (await Deno.readTextFile("/proc/self/mounts")).split("\n").filter((line) =>
    line.includes("pallet-root-")
  );
  return [...processes, ...mounts];
}

testInRoot("what is done in a throwaway root is seen there and nowhere else", async (root) => {
  const mark = `/etc/pallet-${crypto.randomUUID()}`;
  const done = await root.bash(
    `echo x >${mark}; rm /etc/passwd; hostname other; touch /dev/shm/x /tmp/x; cat; echo out; echo err >&2; exit 7`,
  );
  assert.deepEqual(done, { code: 7, stdout: "out\n", stderr: "err\n" });
  assert.equal((await root.bash(`cat ${mark}; hostname`)).stdout, "x\nother\n");
  assert.equal(await Deno.readTextFile(`${root.path}${mark}`), "x\n");
  assert.ok(!(await Deno.stat(mark).catch(() => undefined)));
  assert.ok((await Deno.stat("/etc/passwd")).isFile);
  assert.notEqual(Deno.hostname(), "other");
});

Deno.test({
  name: "a throwaway root is gone after its use, also after a failure, with all that runs in it",
  ignore,
  fn: async () => {
    let inside = "";
    const failing = withThrowawayRoot(async (root) => {
      await root.bash(
        "setsid sleep 1000 >/dev/null 2>&1 & exec -a pallet-root-daemon sleep 1000 >/dev/null 2>&1 &",
      );
      inside = root.path;
      throw new Error("the test failed");
    });
    await assert.rejects(failing, /the test failed/);
    assert.ok(!(await Deno.stat(inside).catch(() => undefined)));
    const mine = (await traces()).filter((line) => line.includes("daemon"));
    assert.deepEqual(mine, []);
  },
});

testInRoot("commands of a throwaway root run at once, each with its own answer", async (root) => {
  const began = performance.now();
  const all = await Promise.all(
    [3, 1, 2].map((at) => root.bash(`sleep 0.${at}; echo ${at}; exit ${at}`)),
  );
  assert.deepEqual(all.map(({ code, stdout }) => [code, stdout]), [[3, "3\n"], [1, "1\n"], [2, "2\n"]]);
  assert.ok(performance.now() - began < 5000);
});

testInRoot("apt installs into a throwaway root, and no daemon is started", async (root) => {
  const { code, stdout, stderr } = await root.bash(
    "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq hello >/dev/null && hello",
  );
  assert.deepEqual([code, stdout], [0, "Hello, world!\n"], stderr);
  assert.ok(!(await Deno.stat("/usr/bin/hello").catch(() => undefined)));
});
