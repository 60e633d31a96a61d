// Pallet inside a program: specs as values, events as they come, a result at the end.
import { execScript, groupSpec, sh } from "pallet";
import { lift } from "pallet/run";
import { provider as localhost } from "../../providers/localhost/mod.ts";

/** This machine as a group of one, with a phase that only looks. */
export const machine = groupSpec("machine", {
  count: 1,
  phases: { look: () => execScript(sh`cat /proc/loadavg`, { id: "load" }) },
});

/** Runs the phase and answers with each action's result by id. */
export async function look(directories: { state: string; cache: string }): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  const result = await lift({
    source: { specs: [machine] },
    providers: [localhost],
    service: { name: "here", provider: "localhost", options: {} },
    phases: ["look"],
    directories,
    on: (event) => {
      if (event.type === "action-finished") results[event.id] = event.result;
    },
  });
  if (result.exitCode !== 0) throw new Error(`The phase failed with status ${result.exitCode}`);
  return results;
}
