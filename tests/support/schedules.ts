// A project whose schedules are run by a crontab of its own.
import assert from "node:assert/strict";
import { Schedules } from "../../engine/schedule/entry.ts";
import { inProcess } from "./in_process.ts";
import { denoDir } from "./process.ts";

/** One group, which is this machine, and a phase that fails. */
export const INFRA = `import { execScript, groupSpec, sh } from "pallet";
export const me = groupSpec("me", { count: 1, phases: { fail: () => execScript(sh\`false\`) } });
`;

export interface ScheduleProject {
  readonly folder: string;
  readonly schedules: Schedules;
  run(...args: readonly string[]): ReturnType<typeof inProcess>;
  ok(...args: readonly string[]): Promise<string>;
}

/** A project of this machine alone, with a crontab of its own: `crontab` is a program that keeps it in a file. */
export async function inScheduleProject(body: (project: ScheduleProject) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-schedule-" });
  try {
    await Deno.mkdir(`${folder}/bin`);
    await Deno.mkdir(`${folder}/project`);
    const table = `${folder}/crontab`;
    await Deno.writeTextFile(
      `${folder}/bin/crontab`,
      `#!/bin/sh
case $1 in
  -l) [ -e ${table} ] || { echo "no crontab for me" >&2; exit 1; }; cat ${table} ;;
  -r) rm -f ${table} ;;
  -) cat >${table} ;;
esac
`,
      { mode: 0o755 },
    );
    await Deno.writeTextFile(`${folder}/bin/sendmail`, `#!/bin/sh\ncat >>${folder}/mail\n`, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/project/infra.ts`, INFRA);
    await Deno.writeTextFile(
      `${folder}/project/pallet.yaml`,
      "services: { here: { provider: localhost } }\ndefault-service: here\n",
    );
    const env = {
      HOME: folder,
      DENO_DIR: denoDir,
      XDG_STATE_HOME: `${folder}/state`,
      PATH: `${folder}/bin:${Deno.env.get("PATH") ?? ""}`,
      TZ: "UTC",
    };
    const run = (...args: readonly string[]) => inProcess(args, { cwd: `${folder}/project`, env });
    await body({
      folder,
      schedules: new Schedules(`${folder}/state/pallet`),
      run,
      async ok(...args) {
        const { status, out, err } = await run(...args);
        assert.equal(status, 0, err);
        return out + err;
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Options that choose it. */
export const byCron = ["--scheduler", "cron"];
