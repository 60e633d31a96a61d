import assert from "node:assert/strict";
import { onStage } from "../../tests/support/stage.ts";
import { execScript } from "../actions/list.ts";
import type { PalletError } from "../errors.ts";
import { captured, groupSpec, remoteFile, sh } from "../mod.ts";
import { lift } from "./lift.ts";
import { have } from "./testing.ts";

Deno.test("a captured value reaches another target's plan in a later phase", async () => {
  const db = groupSpec("db", { phases: { one: () => execScript(sh`hostname`, { capture: "name" }) } });
  const web = groupSpec("web", {
    phases: {
      two: ({ oneNodeInGroup }) =>
        remoteFile("/etc/db", { content: `${captured("name", oneNodeInGroup("db"))}` }),
    },
  });
  await onStage([db, web], async (stage) => {
    have(stage, "web-1", "db-1");
    stage.transport.behaviour = { captured: (target) => target === "db-1" ? "db.example" : undefined };
    const result = await stage.run(lift, { phases: ["one", "two"] });
    assert.equal(result.exitCode, 0);
    assert.deepEqual(result.captured, { "db-1": { name: "db.example" } });
    assert.match(stage.transport.scripts[1]?.text ?? "", /db\.example/);
  });
});

Deno.test("a captured value that nothing provides ends a run before any node is connected to", async () => {
  const phases = {
    one: () => execScript(sh`hostname -f`, { capture: "fqdn" }),
    two: () => remoteFile("/etc/mailname", { content: `${captured("fqdn")}\n` }),
    wrong: () => remoteFile("/etc/mailname", { content: `${captured("fqdm")}\n` }),
  };
  await onStage([groupSpec("web", { phases })], async (stage) => {
    stage.provider.have("web-1", "web");
    for (
      const [names, message] of [
        [
          ["one", "wrong"],
          /the captured value "fqdm" in remoteFile:\/etc\/mailname: nothing before it provides it\. Did you mean "fqdn"\?/,
        ],
        [
          ["two", "one"],
          /the captured value "fqdn" in remoteFile:\/etc\/mailname: nothing before it provides it/,
        ],
        [["two"], /the captured value "fqdn"/],
      ] as const
    ) {
      await assert.rejects(async () => await stage.run(lift, { phases: names }), (error: PalletError) => {
        assert.equal(error.kind, "infra");
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(stage.transport.log.filter((line) => line.startsWith("begin")), []);
    }
    stage.transport.behaviour = {
      captured: (_target, id) => id.startsWith("execScript") ? "web.example" : undefined,
    };
    assert.equal((await stage.run(lift, { phases: ["one", "two"] })).exitCode, 0);
  });
});
