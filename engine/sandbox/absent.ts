// Names that evaluated code has not, and what to do about it.
import * as pallet from "../mod.ts";
import { nearest } from "../suggest.ts";
import type { TargetPlan } from "../plan/types.ts";

function whyAbsent(name: string): string | undefined {
  if (Object.hasOwn(pallet, name)) return `Import it: import { ${name} } from "pallet";`;
  if (/^(?:setTimeout|setInterval|setImmediate|Atomics)$/.test(name)) {
    return "Plans are made without waiting; let the node wait, e.g. with waitForPort or waitForFile.";
  }
  if (/^(?:fetch|WebSocket|EventSource|XMLHttpRequest|Request|Response|Headers)$/.test(name)) {
    return "Infra files and crates cannot reach the network; let the node fetch, e.g. with remoteFile.";
  }
  if (/^(?:Deno|process|require|Buffer|global|Worker|WebAssembly|prompt|alert|confirm)$/.test(name)) {
    return "Infra files and crates are evaluated without access to this machine; a phase has arguments (--arg), " +
      "its environment, and files of the project (readProjectFile).";
  }
  const near = nearest(name, Object.keys(pallet));
  return near === undefined ? undefined : `Did you mean ${near} of "pallet"?`;
}

/** What helps against a `ReferenceError`, by its message; nothing where that is another error's. */
export function helpForAbsent(message: string): string | undefined {
  const name = /(?:^|ReferenceError: )(\w+) is not defined$/.exec(message)?.[1];
  return name === undefined ? undefined : whyAbsent(name);
}

/** A plan whose problem says what helps. */
export function withHelp(plan: TargetPlan): TargetPlan {
  if (!("problem" in plan) || plan.problem.help !== undefined) return plan;
  const help = helpForAbsent(plan.problem.message);
  return help === undefined ? plan : { ...plan, problem: { ...plan.problem, help } };
}
