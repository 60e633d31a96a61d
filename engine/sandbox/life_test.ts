// What becomes of a sandbox whose child dies, is closed or is called off.
import assert from "node:assert/strict";
import { children, failureOf, HEAD, plan, SOON, TARGET, withInfra } from "./testing.ts";

Deno.test("a sandbox whose child died starts another for the next call", async () => {
  const source = `${HEAD}export const web = groupSpec("web", { phases: {
    configure: () => directory("/srv"), loop: () => { for (;;); } } });`;
  await withInfra(
    source,
    async (sandbox) => {
      await sandbox.load();
      const world = { targets: [TARGET], environment: {}, captured: {}, clock: 1e12, seed: 7 };
      const loop = sandbox.plan({ world, phases: [{ phase: "loop", args: {} }], targets: ["web-1"] });
      assert.match(
        (await failureOf(loop)).message,
        /^Phase "loop" of group "web" \(infra\.ts:\d+\) did not finish within 2 s$/,
      );
      const [first] = (await plan(sandbox)).plans;
      assert.ok(first !== undefined && "actions" in first);
    },
    {},
    SOON,
  );
});

Deno.test("a sandbox that is closed in the middle of a call says so", async () => {
  await withInfra("while (true) {}", async (sandbox) => {
    const loading = failureOf(sandbox.load());
    setTimeout(() => sandbox.close(), 100);
    assert.equal((await loading).message, "The sandbox is closed");
    assert.equal((await failureOf(sandbox.load())).message, "The sandbox is closed");
  });
});

Deno.test("an aborted call ends the child at once, with the reason given", async () => {
  await withInfra("while (true) {}", async (sandbox) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 100);
    await assert.rejects(sandbox.load(controller.signal), /enough/);
    if (Deno.build.os === "linux") assert.deepEqual(await children(), []);
  });
});

Deno.test("many modules that take their time are loaded", async () => {
  const slow = `export let n = 0; for (let at = 0; at < 2e7; at++) n += at;`;
  const names = Array.from({ length: 12 }, (_, at) => `m${at}.ts`);
  const source = `${HEAD}${names.map((name) => `import "./${name}";`).join("\n")}
export const web = groupSpec("web", {});`;
  const files = Object.fromEntries(names.map((name) => [name, slow]));
  await withInfra(source, async (sandbox) => {
    const { groups } = await sandbox.load();
    assert.equal(groups.length, 1);
  }, files);
});
