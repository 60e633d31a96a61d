// Sandboxes over infra files that a test writes.
import assert from "node:assert/strict";
import { join } from "node:path";
import { PalletError } from "../errors.ts";
import { withProject } from "../modules/fixture.ts";
import type { PlanReply } from "../plan/types.ts";
import type { Limits } from "./limits.ts";
import { type FileSandbox, openSandbox } from "./open.ts";

/** Limits that no honest file reaches. */
export const LIMITS: Partial<Limits> = { load: 30, plan: 30, planPerTarget: 0, memory: 96, reply: 8 };
/** The same, for files that never end. */
export const SOON: Partial<Limits> = { ...LIMITS, load: 2, plan: 2 };
/** The one node. */
export const TARGET = { name: "web-1", groups: ["web"], planned: true };
/** The first line of infra files. */
export const HEAD = `import { directory, groupSpec } from "pallet";\n`;

/** Processes whose parent is this one. */
export async function children(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(stat)?.[1];
    if (Number(parent) === Deno.pid) found.push(stat.slice(0, 60));
  }
  return found;
}

/** The plan of phase `configure`. */
export function plan(sandbox: FileSandbox): Promise<PlanReply> {
  return sandbox.plan({
    world: { targets: [TARGET], environment: {}, captured: {}, clock: 1e12, seed: 7 },
    phases: [{ phase: "configure", args: {} }],
    targets: ["web-1"],
  });
}

/** Opens a sandbox over an infra file; afterwards nothing of it is left. */
export async function withInfra<T>(
  source: string,
  run: (sandbox: FileSandbox) => Promise<T>,
  files: Readonly<Record<string, string>> = {},
  limits = LIMITS,
): Promise<T> {
  return await withProject({ ...files, "infra.ts": source }, async (folder) => {
    const sandbox = openSandbox({
      infra: join(folder, "infra.ts"),
      limits,
      clock: 1e12,
      crates: { offline: true, cacheDir: "" },
    });
    try {
      return await run(sandbox);
    } finally {
      await sandbox.close();
      if (Deno.build.os === "linux") assert.deepEqual(await children(), []);
    }
  });
}

/** What a promise rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<PalletError> {
  const thrown: unknown = await work.then(() => undefined, (error) => error);
  assert.ok(thrown instanceof PalletError, `expected a PalletError, got ${Deno.inspect(thrown)}`);
  return thrown;
}
