import assert from "node:assert/strict";
import { PalletError } from "../engine/errors.ts";
import type { Event } from "../engine/events.ts";
import type { Consent, Operation, RunResult } from "../engine/run.ts";
import { makeScreen, screenTerminal } from "../tests/support/screen.ts";
import type { CommonValues } from "./command.ts";
import { ask } from "./ask.ts";
import { type Begin, removalQuestion, runOperation } from "./operation.ts";
import { OutputClosed, type Terminal } from "./terminal.ts";

const options: CommonValues = {
  infra: undefined,
  service: "lab",
  option: [],
  env: undefined,
  user: undefined,
  "private-key": undefined,
  "ssh-config": undefined,
  "import-map": undefined,
  frozen: false,
  offline: false,
  json: false,
  reporter: "plain",
  save: [],
  quiet: false,
  verbose: false,
  "no-color": true,
  "lock-wait": undefined,
  "accept-new-host-keys": false,
  "ask-become-password": false,
  "resume-run": undefined,
  yes: false,
  help: false,
  version: false,
};

const result: RunResult = {
  run: "r1",
  operation: "converge",
  result: "ok",
  exitCode: 0,
  phases: [],
  targets: [],
  created: [],
  existing: [],
  removed: [],
  settings: [],
  captured: {},
  duration: 1,
};

function operation(work: () => Promise<RunResult>): Operation<RunResult> {
  const promise = work();
  return {
    status: "running",
    result: promise,
    abort: () => {},
    wait: () => promise,
    then: (fulfilled, rejected) => promise.then(fulfilled, rejected),
  };
}

interface Case {
  readonly answers?: readonly string[];
  readonly interactive?: boolean;
  readonly options?: Partial<CommonValues>;
}

/** Runs an operation in a project of its own; answers with its status and what was shown. */
async function run(
  begin: (begin: Begin) => Promise<RunResult>,
  { answers = [], interactive = true, options: more = {} }: Case = {},
): Promise<{ readonly status: number; readonly shown: string }> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/infra.ts`, "");
    const screen = makeScreen(200, 50);
    const terminal: Terminal = {
      ...screenTerminal(screen, answers),
      cwd: folder,
      interactive,
      env: (name) => name === "XDG_CONFIG_HOME" ? folder : undefined,
    };
    const status = await runOperation({
      options: { ...options, ...more },
      terminal,
      begin: (given) => operation(() => begin(given)),
    });
    return { status, shown: screen.lines().join("\n") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const counts = {
  groups: [{ group: "web", existing: [], create: [], start: [], remove: ["web-2", "web-1"] }],
};

async function consented(consent: Consent): Promise<string> {
  if (consent.yes) return "yes";
  return consent.confirm === undefined ? "nobody asked" : String(await consent.confirm(counts));
}

Deno.test("runOperation() asks before nodes are removed, takes no for an answer, and asks nobody on a pipe", async () => {
  let said = "";
  const begin = async ({ consent }: Begin) => {
    said = await consented(consent);
    return result;
  };
  const asked = await run(begin, { answers: ["y"] });
  assert.equal(said, "true");
  assert.match(asked.shown, /Remove 2 nodes \(web-2, web-1\)\? What is on them is lost\. \[y\/N\]/);
  await run(begin, { answers: [""] });
  assert.equal(said, "false");
  await run(begin, { answers: [] });
  assert.equal(said, "false");
  await run(begin, { options: { yes: true } });
  assert.equal(said, "yes");
  await run(begin, { interactive: false });
  assert.equal(said, "nobody asked");
});

Deno.test("runOperation() ends with the result's status and shows its failure once", async () => {
  const failure = { kind: "provider", message: "Cannot list nodes", help: "Wait." } as const;
  const { status, shown } = await run(() =>
    Promise.resolve({ ...result, exitCode: 4, result: "failed", failure })
  );
  assert.equal(status, 4);
  assert.equal(shown, "error: Cannot list nodes\nhelp: Wait.");
});

Deno.test("runOperation() leaves an error before the run to its caller, and tells one of a run itself", async () => {
  const error = new PalletError("Cannot evaluate", { kind: "infra", cause: new Error("deep") });
  await assert.rejects(run(() => Promise.reject(error)), error);
  const finished: Event = {
    type: "run-finished",
    at: "2026-01-01T00:00:00Z",
    run: "r1",
    result: "failed",
    exitCode: 2,
    targets: [],
    duration: 1,
  };
  const { status, shown } = await run(({ base }) => {
    base.on?.(finished);
    return Promise.reject(error);
  });
  assert.equal(status, 2);
  assert.equal(shown, "error: Cannot evaluate\n  because: deep");
});

Deno.test("runOperation() hands an interrupt to the operation, and the question is then a no", async () => {
  const aborts: string[] = [];
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/infra.ts`, "");
    const screen = makeScreen(200, 50);
    let interrupt = () => {};
    const silent: Terminal = {
      ...screenTerminal(screen),
      cwd: folder,
      env: (name) => name === "XDG_CONFIG_HOME" ? folder : undefined,
      readLine: () => new Promise(() => {}),
      onSignal: (signal, callback) => {
        if (signal === "SIGINT") interrupt = callback;
        return () => {};
      },
    };
    const status = await runOperation({
      options,
      terminal: silent,
      begin: ({ consent }) => {
        const work = async () => {
          const confirmed = await consent.confirm?.(counts);
          return { ...result, exitCode: confirmed ? 0 : 130 };
        };
        setTimeout(() => interrupt(), 20);
        return { ...operation(work), abort: (reason) => void aborts.push(reason ?? "none") };
      },
    });
    assert.equal(status, 130);
    assert.deepEqual(aborts, ["SIGINT"]);
    assert.match(screen.lines().join("\n"), /Stopping: nothing new is started/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("fault 46: runOperation() leaves at once when nobody reads its output any more", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/infra.ts`, "");
    const screen = makeScreen(80, 24);
    const aborts: string[] = [];
    const status = await runOperation({
      options,
      terminal: {
        ...screenTerminal(screen),
        cwd: folder,
        env: (name) => name === "XDG_CONFIG_HOME" ? folder : undefined,
      },
      on: () => {
        throw new OutputClosed("closed");
      },
      begin: ({ base }) => {
        const work = async () => {
          await Promise.resolve();
          const at = "2026-01-01T00:00:00Z";
          base.on?.({ type: "output", at, run: "r1", phase: "exec", target: "a", text: "x" });
          base.on?.({ type: "output", at, run: "r1", phase: "exec", target: "a", text: "y" });
          return { ...result, exitCode: 130 };
        };
        return { ...operation(work), abort: (reason) => void aborts.push(reason ?? "none") };
      },
    });
    assert.equal(status, 141);
    assert.deepEqual(aborts, ["none", "none"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("removalQuestion() names no more than ten nodes", () => {
  const remove = Array.from({ length: 12 }, (_, index) => `web-${index + 1}`);
  const [group] = counts.groups;
  assert.ok(group);
  assert.match(
    removalQuestion({ groups: [{ ...group, remove }] }),
    /^Remove 12 nodes \(web-1, .*web-10, and 2 more\)\?/,
  );
});

Deno.test("ask() takes y and yes alone for a yes", async () => {
  for (
    const [answer, meant] of [["y", true], [" YES ", true], ["yep", false], ["n", false], [
      "",
      false,
    ]] as const
  ) {
    assert.equal(await ask("Sure?", screenTerminal(makeScreen(80, 5), [answer])), meant, answer);
  }
});
