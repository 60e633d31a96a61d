// Pallet inside a program: specs as values, events as they come, a result at the end.
import { execScript, groupSpec, sh } from "pallet";
import { providers } from "pallet/providers";
import { converge, lift, type OperationOptions } from "pallet/run";

/** This machine as a group of one, with a phase that only looks. */
export const machine = groupSpec("machine", {
  count: 1,
  phases: { look: () => execScript(sh`cat /proc/loadavg`, { id: "load", changedWhen: false }) },
});

/** Runs the phase and answers with each action's result by id. */
export async function look(directories: { state: string; cache: string }): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  const options: OperationOptions = {
    source: { specs: [machine] },
    providers,
    service: { name: "here", provider: "localhost", options: {} },
    directories,
    on: (event) => {
      if (event.type === "action-finished") results[event.id] = event.result;
    },
  };
  // Makes this machine the group's node, which is but a note in the state folder.
  await converge({ ...options, noPhases: true });
  const result = await lift({ ...options, phases: ["look"] });
  if (result.exitCode !== 0) throw new Error(`The phase failed with status ${result.exitCode}`);
  return results;
}

// deno run -A examples/embed/look.ts FOLDER
if (import.meta.main) {
  const folder = Deno.args[0] ?? await Deno.makeTempDir();
  console.log(JSON.stringify(await look({ state: `${folder}/state`, cache: `${folder}/cache` })));
}
