import assert from "node:assert/strict";
import { join } from "node:path";
import { PalletError } from "../errors.ts";
import { withProject } from "../modules/fixture.ts";
import { openSandbox } from "./open.ts";
import { residentBytes } from "./process.ts";

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "residentBytes() tells alike by both ways to ask",
  ignore,
  fn: async () => {
    const [kernel, program] = [await residentBytes(Deno.pid), await residentBytes(Deno.pid, "darwin")];
    assert.ok(kernel > 1e7, String(kernel));
    assert.ok(Math.abs(kernel - program) < 0.3 * kernel, `${kernel} and ${program}`);
    assert.equal(await residentBytes(Deno.pid, "windows"), 0);
    assert.equal(await residentBytes(2 ** 22 + 1, "darwin"), 0);
  },
});

/** The one process that this one has started. */
async function child(): Promise<number> {
  for (let looks = 0; looks < 500; looks++) {
    const threads = await Array.fromAsync(Deno.readDir("/proc/self/task"), ({ name }) => name);
    for (const thread of threads) {
      const pids = await Deno.readTextFile(`/proc/self/task/${thread}/children`).catch(() => "");
      if (pids !== "") return Number(pids.split(" ")[0]);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("Waited in vain for a child");
}

Deno.test({
  name: "a child that is killed for want of memory is told of as that, and not as a defect",
  ignore,
  fn: () =>
    withProject({ "infra.ts": "while (true) {}" }, async (folder) => {
      const infra = join(folder, "infra.ts");
      const crates = { offline: true, cacheDir: "" };
      const sandbox = openSandbox({ infra, clock: 1e12, crates });
      try {
        const loading = sandbox.load().catch((error: unknown) => error);
        Deno.kill(await child(), "SIGKILL");
        const failure = await loading;
        assert.ok(failure instanceof PalletError);
        assert.match(
          failure.message,
          /was broken off: its process was killed from outside, most likely because this machine ran out of memory/,
        );
        assert.match(failure.help ?? "", /^Free some of its memory/);
        assert.equal(failure.kind, "infra");
      } finally {
        await sandbox.close();
      }
    }),
});
