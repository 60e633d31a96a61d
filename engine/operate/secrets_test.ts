import assert from "node:assert/strict";
import { execScript } from "../actions/list.ts";
import { groupSpec, remoteFile, secret, sh } from "../mod.ts";
import type { PalletError } from "../errors.ts";
import type { SecretSource } from "../secrets/source.ts";
import { onStage, type Stage } from "../../tests/support/stage.ts";
import { lift } from "./lift.ts";
import { plan } from "./plan.ts";

const CANARY = 'c4n\'ary "value"';

function sourceOf(values: Readonly<Record<string, string>>, asked: string[] = []): SecretSource {
  return {
    name: "test",
    read: (name) => {
      asked.push(name);
      return Promise.resolve(values[name]);
    },
    close: () => Promise.resolve(),
  };
}

const web = groupSpec("web", {
  count: 1,
  phases: {
    configure: () => [
      remoteFile("/etc/app.env", { content: `password=${secret("db/password")}\n` }),
      execScript(sh`login ${secret("db/password")}`, { id: "login" }),
    ],
  },
});

/** All that a run left behind on this machine: events and every file of its folders. */
async function kept(stage: Stage): Promise<string> {
  const texts = [JSON.stringify(stage.events)];
  const visit = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) await visit(path);
      else texts.push(`${path}\n${await Deno.readTextFile(path)}`);
    }
  };
  await visit(stage.folder);
  return texts.join("\n");
}

Deno.test("values of secrets are asked for once, sent beside scripts, and in none of them", async () => {
  await onStage([web], async (stage) => {
    for (const name of ["web-1", "web-2"]) stage.provider.have(name, "web");
    const asked: string[] = [];
    stage.transport.behaviour = { output: () => `it is ${CANARY}, or ${btoa(CANARY)}\n` };
    const result = await stage.run(lift, {
      secrets: [sourceOf({ "db/password": CANARY }, asked)],
      output: true,
    });
    assert.equal(result.result, "ok");
    assert.deepEqual(asked, ["db/password"]);
    assert.deepEqual(stage.transport.secrets, [
      { target: "web-1", values: { "db/password": CANARY } },
      { target: "web-2", values: { "db/password": CANARY } },
    ]);
    const [one, two] = stage.transport.scripts;
    assert.equal(one?.sha256, two?.sha256);
    assert.match(one?.text ?? "", /^pallet_secrets pallet_value_1 db\/password$/m);
    const all = `${await kept(stage)}${JSON.stringify(result)}${one?.text}`;
    for (const form of ["c4n", btoa(CANARY).slice(0, 12)]) assert.ok(!all.includes(form), form);
    assert.match(JSON.stringify(stage.events), /it is \*\*\*, or \*\*\*/);
    assert.match(JSON.stringify(result.phases), /it is \*\*\*, or \*\*\*/);
  });
});

Deno.test("fault 26: output of a failed action is masked in events, in the report and in the journal", async () => {
  await onStage([web], async (stage) => {
    stage.provider.have("web-1", "web");
    stage.transport.behaviour = {
      result: (_, id) => id.includes("login") ? "failed" : undefined,
      output: () => `${"x".repeat(4090)}${CANARY}\ncannot log in with ${CANARY}\n`,
    };
    const result = await stage.run(lift, { secrets: [sourceOf({ "db/password": CANARY })] });
    assert.equal(result.exitCode, 1);
    const all = `${await kept(stage)}${JSON.stringify(result)}`;
    for (const part of ["c4n'ary", "c4n'", `"value"`, `\\"value\\"`, `ary "va`]) {
      assert.ok(!all.includes(part), part);
    }
    assert.match(JSON.stringify(result.phases), /cannot log in with \*\*\*/);
  });
});

Deno.test("a secret that there is not ends a run before a node is touched", async () => {
  await onStage([web], async (stage) => {
    stage.provider.have("web-1", "web");
    await assert.rejects(
      async () => await stage.run(lift, { secrets: [sourceOf({})] }),
      (error: PalletError) => {
        assert.equal(error.message, 'There is no secret "db/password"');
        assert.match(error.origin?.file ?? "", /secrets_test\.ts$/);
        assert.match(error.help ?? "", /^Asked: test\.$/);
        return true;
      },
    );
    assert.deepEqual(stage.transport.scripts, []);
    assert.deepEqual(stage.transport.log.filter((line) => line.startsWith("begin")), []);
  });
});

Deno.test("plans show secrets by their names, and tell where each is, without a value and without asking", async () => {
  const asking = { ...sourceOf({}), name: "person", asks: true, read: () => assert.fail("was asked") };
  const broken = { ...sourceOf({}), name: "store", read: () => Promise.reject(new Error("it is locked")) };
  for (
    const [sources, expected] of [
      [[sourceOf({ "db/password": CANARY }), broken], { state: "found", from: "test" }],
      [[sourceOf({}), asking], { state: "asked", from: "person" }],
      [[broken, asking], { state: "unreadable", from: "store", problem: "it is locked" }],
      [[sourceOf({})], { state: "missing", problem: "asked: test" }],
      [[], { state: "missing", problem: "no source of secrets is there to ask" }],
    ] as const
  ) {
    await onStage([web], async (stage) => {
      stage.provider.have("web-1", "web");
      const result = await stage.run(plan, { secrets: sources });
      assert.match(JSON.stringify(result.plans), /<secret db\/password>/);
      const [{ origin, ...located } = assert.fail("no secret")] = result.secrets;
      assert.deepEqual(located, { name: "db/password", phases: ["configure"], ...expected });
      assert.match(origin?.file ?? "", /secrets_test\.ts$/);
      assert.equal(result.exitCode, 0);
      assert.ok(!`${await kept(stage)}${JSON.stringify(result)}`.includes("c4n"));
    });
  }
});

Deno.test("a check that lacks a secret touches no node, and shows its plan all the same", async () => {
  await onStage([web], async (stage) => {
    stage.provider.have("web-1", "web");
    const result = await stage.run(plan, { check: true, secrets: [sourceOf({})] });
    assert.deepEqual([result.exitCode, result.failure?.message], [2, 'There is no secret "db/password"']);
    assert.equal(result.plans[0]?.targets[0]?.actions.length, 2);
    assert.deepEqual(stage.transport.log, []);
    const fine = await stage.run(plan, { check: true, secrets: [sourceOf({ "db/password": CANARY })] });
    assert.equal(fine.exitCode, 0);
  });
});

Deno.test("a secret that is too short to be masked is told of, once", async () => {
  await onStage([web], async (stage) => {
    stage.provider.have("web-1", "web");
    await stage.run(lift, { phases: ["configure"], secrets: [sourceOf({ "db/password": "abc" })] });
    const warnings = stage.events.filter((event) => event.type === "message" && event.level === "warn");
    assert.equal(warnings.length, 1);
    assert.match(JSON.stringify(warnings), /Secret .*db\/password.* is so short that it is not masked/);
  });
});
