import { join } from "node:path";
import { withProject } from "../modules/fixture.ts";
import { toFileUrl } from "../modules/paths.ts";
import { CONTRACT_FILES, CONTRACT_INFRA, testSandbox } from "./contract.ts";
import { inProcessSandbox } from "./in_process.ts";
import { openSandbox } from "./open.ts";
import type { Sandbox } from "./sandbox.ts";

/** Runs with a sandbox over the contract's project, and ends it. */
function inProject(open: (folder: string) => Promise<Sandbox>) {
  return (run: (sandbox: Sandbox) => Promise<void>): Promise<void> => {
    const files = { "project/infra.ts": CONTRACT_INFRA, "outside.txt": "/secret" };
    const inside = Object.entries(CONTRACT_FILES).map(([name, text]) => [`project/${name}`, text]);
    return withProject({ ...files, ...Object.fromEntries(inside) }, async (folder) => {
      const sandbox = await open(join(folder, "project"));
      try {
        await run(sandbox);
      } finally {
        await sandbox.close();
      }
    });
  };
}

testSandbox(
  "openSandbox()",
  inProject((folder) => Promise.resolve(openSandbox({ infra: join(folder, "infra.ts"), clock: 1e12 }))),
);

testSandbox(
  "inProcessSandbox()",
  inProject(async (folder) => inProcessSandbox(await import(toFileUrl(join(folder, "infra.ts"))), folder)),
);
