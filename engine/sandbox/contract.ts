// What every sandbox does, whatever process it evaluates in.
import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import type { PlanReply, TargetPlan } from "../plan/types.ts";
import type { Sandbox } from "./sandbox.ts";

/** The infra file that the contract is about; it imports "pallet" alone. */
export const CONTRACT_INFRA =
  `import { directory, groupSpec, serverSpec, setting, settingsKey } from "pallet";

const key = settingsKey<{ port: number }>("contract");
const base = serverSpec({
  phases: { settings: () => setting(key, { port: 8080 }), configure: () => directory("/srv/base") },
});

export const db = groupSpec("db", { count: 1, extends: base });
export const web = groupSpec("web", {
  count: 2,
  after: ["db"],
  extends: base,
  phases: {
    configure: async ({ target, readProjectFile, oneNodeInGroup, settingsOf }) => {
      const { port } = settingsOf(oneNodeInGroup("db"), key);
      return [directory("/srv/" + port, { mode: "0750" }), [directory((await readProjectFile("name.txt")).trim())], null];
    },
    broken: () => {
      throw new Error("no luck");
    },
    outside: async ({ readProjectFile }) => directory(await readProjectFile("../outside.txt")),
  },
  phasesMeta: { configure: { partition: (targets) => targets.map((target) => [target.name]) } },
});
`;

/** Files of the project besides the infra file. */
export const CONTRACT_FILES: Readonly<Record<string, string>> = { "name.txt": "/srv/named\n" };

const TARGETS = ["db-1", "web-1", "web-2"].map((name) => ({
  name,
  groups: [name.replace(/-\d$/, "")],
  planned: true,
}));

/** Opens a sandbox over the contract's infra file, for the time that `run` takes. */
export type WithSandbox = (run: (sandbox: Sandbox) => Promise<void>) => Promise<void>;

function plan(sandbox: Sandbox, phase: string, targets: readonly string[]): Promise<PlanReply> {
  return sandbox.plan({
    world: { targets: TARGETS, environment: {}, captured: {}, clock: 1e12, seed: 1 },
    phases: [{ phase, args: {} }],
    targets,
  });
}

function problemIn(found: TargetPlan | undefined): string {
  assert.ok(found !== undefined && "problem" in found, Deno.inspect(found));
  return `${found.problem.origin?.file}:${found.problem.origin?.line} ${found.problem.message}`;
}

/** Defines the tests that hold a sandbox to its seam. */
export function testSandbox(name: string, withSandbox: WithSandbox): void {
  const test = (what: string, run: (sandbox: Sandbox) => Promise<void>): void =>
    Deno.test(`${name}: ${what}`, () => withSandbox(run));

  test("load() answers with the groups, their order, origins and hooks", async (sandbox) => {
    const { groups } = await sandbox.load();
    assert.deepEqual(groups.map(({ name, count, after }) => ({ name, count, after })), [
      { name: "db", count: 1, after: [] },
      { name: "web", count: 2, after: ["db"] },
    ]);
    const web = groups[1];
    assert.deepEqual({ ...web?.origin, column: 0 }, { file: "infra.ts", line: 9, column: 0 });
    assert.deepEqual(web?.phases["configure"]?.map(({ line }) => line), [4, 9]);
    assert.equal(typeof web?.hooks["configure"]?.partition, "string");
  });

  test("plan() answers with checked actions, in order, and the settings behind them", async (sandbox) => {
    await sandbox.load();
    const { plans, settings } = await plan(sandbox, "configure", ["web-1", "web-2"]);
    assert.deepEqual(plans.map(({ target, phase }) => [target, phase]), [
      ["web-1", "configure"],
      ["web-2", "configure"],
    ]);
    const first = plans[0];
    assert.ok(first !== undefined && "actions" in first, Deno.inspect(first));
    assert.deepEqual(first.actions.map(({ args }) => args["path"]), ["/srv/base", "/srv/8080", "/srv/named"]);
    assert.deepEqual(first.actions.map(({ origin }) => `${origin.file}:${origin.line}`), [
      "infra.ts:5",
      "infra.ts:16",
      "infra.ts:16",
    ]);
    assert.deepEqual(settings.find(({ target }) => target === "db-1"), {
      target: "db-1",
      facility: "contract",
      instance: "default",
      value: { port: 8080 },
    });
  });

  test("plan() gives the same answer twice", async (sandbox) => {
    await sandbox.load();
    const once = await plan(sandbox, "configure", ["db-1", "web-1", "web-2"]);
    assert.deepEqual(await plan(sandbox, "configure", ["db-1", "web-1", "web-2"]), once);
  });

  test("plan() reports a phase that throws in the place of its plan", async (sandbox) => {
    await sandbox.load();
    const { plans } = await plan(sandbox, "broken", ["db-1", "web-1"]);
    assert.ok(plans[0] !== undefined && "actions" in plans[0] && !plans[0].defined);
    assert.match(problemIn(plans[1]), /^infra\.ts:19 .*no luck$/);
  });

  test("readProjectFile() reads nothing outside the project", async (sandbox) => {
    await sandbox.load();
    const { plans } = await plan(sandbox, "outside", ["web-1"]);
    assert.match(
      problemIn(plans[0]),
      /Cannot read project file "\.\.\/outside\.txt": it is outside the project folder/,
    );
  });

  test("call() runs a hook on plain data", async (sandbox) => {
    const { groups } = await sandbox.load();
    const hook = groups[1]?.hooks["configure"]?.partition;
    assert.ok(hook !== undefined);
    const targets = TARGETS.map(({ name, groups }) => ({ name, groups, tags: {} }));
    assert.deepEqual(await sandbox.call(hook, targets), [["db-1"], ["web-1"], ["web-2"]]);
  });

  test("script() refuses a kind that no one defined", async (sandbox) => {
    await sandbox.load();
    const os = { id: "debian", family: "debian", version: "12", codename: "bookworm" };
    const facts = {
      os,
      arch: "x86_64",
      packager: "apt",
      init: "systemd",
      hostname: "web-1",
      addresses: [],
      bootId: "",
      source: "option" as const,
    };
    const asking = sandbox.script("nobody/knows", {}, facts, { environment: {} });
    await assert.rejects(
      asking,
      (error) => error instanceof PalletError && /nobody\/knows/.test(error.message),
    );
  });

  test("a call with an aborted signal fails with its reason", async (sandbox) => {
    await assert.rejects(sandbox.load(AbortSignal.abort(new Error("enough"))), /enough/);
  });

  test("close() may be called twice", async (sandbox) => {
    await sandbox.load();
    await sandbox.close();
    await sandbox.close();
  });
}
