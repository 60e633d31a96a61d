import assert from "node:assert/strict";
import type { PlannedAction } from "../actions/action.ts";
import { definitions } from "../actions/list.ts";
import { localFiles } from "../actions/local_files.ts";
import type { JsonObject } from "../json.ts";
import { inProcessSandbox } from "../sandbox/in_process.ts";
import { debian } from "../../tests/support/bash_plan.ts";
import { crateScriptsOf, ready } from "./actions.ts";

const origin = { file: "infra.ts", line: 3, column: 5 };

/** What becomes of a plan of one action, as the process that evaluates infra files may send it. */
async function made(kind: string, args: JsonObject): Promise<readonly PlannedAction[]> {
  const actions = [{ kind, args, id: "it", title: "it", origin }];
  return await ready({ definitions, files: localFiles({ root: Deno.cwd() }) }, {
    target: "web-1",
    phase: "configure",
    defined: true,
    actions,
  });
}

Deno.test("ready() takes no arguments for an action that its kind does not have, whoever sends them", async () => {
  const [good] = await made("directory", { path: "/srv", action: "create" });
  assert.equal(good?.id, "it");
  for (const args of [{ path: "srv" }, { path: "/srv", rm: true }, { path: ["/srv"] }, {}]) {
    await assert.rejects(made("directory", args as JsonObject), {
      kind: "infra",
      message: /directory action it of web-1/,
      origin,
    });
  }
});

Deno.test("crateScriptsOf() asks for the bash of those actions alone whose kind only a crate knows", async () => {
  const asked: unknown[] = [];
  const sandbox = {
    ...inProcessSandbox({}, Deno.cwd()),
    script: (kind: string, args: JsonObject) => {
      asked.push([kind, args]);
      return Promise.resolve({ text: `echo ${kind}`, library: "" });
    },
  };
  const action = (kind: string, id: string) => ({ kind, id, args: { a: id }, title: id, origin });
  const actions = [action("directory", "one"), action("crate/own", "two"), action("crate/own", "three")];
  const scripts = await crateScriptsOf({ definitions, sandbox }, actions, debian, { environment: {} });
  assert.deepEqual(asked, [["crate/own", { a: "two" }], ["crate/own", { a: "three" }]]);
  assert.deepEqual([...scripts.keys()], ["two", "three"]);
  assert.equal(scripts.get("three")?.text, "echo crate/own");
});
