// A workstation whose one service is an EC2 of the tests: its state stays from one command to the next.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type RunningCli, startCli } from "./cli.ts";
import { serviceOptions, type Stage } from "./ec2_stage.ts";
import { motoEnvironment } from "./moto.ts";

/** A project whose commands are those of one workstation. */
export interface Workstation {
  start(...args: readonly string[]): RunningCli;
  /** Runs a command that must succeed. */
  pallet(...args: readonly string[]): Promise<void>;
}

/** Runs a body with one, in a project of one group `web` of so many nodes. */
export async function withWorkstation(
  stage: Stage,
  count: number,
  body: (at: Workstation) => Promise<void>,
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "pallet-ec2-kill-" });
  const test = { provider: "ec2", ...serviceOptions(stage.faults.url, { hardware: "t3.micro" }) };
  const env = { ...motoEnvironment, XDG_STATE_HOME: join(cwd, "state"), XDG_CACHE_HOME: join(cwd, "cache") };
  const start = (...args: readonly string[]) => startCli(args, { cwd, env });
  try {
    await Deno.writeTextFile(join(cwd, "pallet.yaml"), JSON.stringify({ services: { test } }));
    await Deno.writeTextFile(
      join(cwd, "infra.ts"),
      `import { groupSpec } from "pallet";\nexport const web = groupSpec("web", { count: ${count} });\n`,
    );
    await body({
      start,
      async pallet(...args) {
        const { status, err, events } = await start(...args).finished;
        assert.equal(status, 0, `pallet ${args.join(" ")}: ${err} ${JSON.stringify(events.slice(-8))}`);
      },
    });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
