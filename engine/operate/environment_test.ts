import assert from "node:assert/strict";
import { directory, environmentSpec, groupSpec } from "../mod.ts";
import type { EnvironmentLayer } from "../spec/environment.ts";
import type { ClusterSpec, EnvironmentSpec, GroupSpec } from "../spec/types.ts";
import { onStage, type Stage } from "../../tests/support/stage.ts";
import { converge } from "./converge.ts";
import { lift } from "./lift.ts";
import { plan } from "./plan.ts";

/** What an infra file exports. */
type Specs = readonly (GroupSpec | ClusterSpec)[];
const exporting = (...specs: readonly (GroupSpec | EnvironmentSpec)[]): Specs => specs as unknown as Specs;

const file = (line: number) => ({ file: "/srv/shop/pallet.yaml", line, column: 3 });

const environments: Readonly<Record<string, readonly EnvironmentLayer[]>> = {
  dev: [{ name: "environment dev", values: { tier: "small", user: { username: "dev" } } }],
  prod: [{
    name: "environment prod",
    values: {
      tier: "large",
      count: 2,
      image: { osFamily: "ubuntu" },
      user: { username: "ops" },
      groups: { db: { count: 1, tier: "huge", image: { osFamily: "debian" }, user: { username: "dba" } } },
    },
    origins: { tier: file(4), "groups.db.tier": file(9) },
  }],
};

const made = (stage: Stage) => stage.transport.log.filter((line) => line.startsWith("connect "));

Deno.test("check 81: the same groups differ in count, user, image and free data by the environment", async () => {
  const seen: Record<string, unknown> = {};
  const phases = {
    bootstrap: () => directory("/srv/first"),
    configure: (
      { target, environment }: { target: { name: string }; environment: Record<string, unknown> },
    ) => {
      seen[target.name] = [environment["tier"], (environment["image"] as { osFamily?: string })?.osFamily];
    },
  };
  const specs = exporting(
    groupSpec("web", { phases: phases as never }),
    groupSpec("db", { count: 3, phases: phases as never }),
  );
  await onStage(specs, async (stage) => {
    await stage.run(converge, { environments, selected: { name: "prod" } });
    assert.deepEqual([...stage.provider.names].sort(), ["db-1", "web-1", "web-2"]);
    assert.deepEqual(seen, {
      "db-1": ["huge", "debian"],
      "web-1": ["large", "ubuntu"],
      "web-2": ["large", "ubuntu"],
    });
    await stage.run(lift, { environments, selected: { name: "prod" } });
    assert.deepEqual(made(stage).slice(-3).sort(), [
      "connect db-1 as dba",
      "connect web-1 as ops",
      "connect web-2 as ops",
    ]);
    await stage.run(lift, { environments, selected: { name: "dev" } });
    assert.deepEqual(made(stage).slice(-3).map((line) => line.split(" ").at(-1)), ["dev", "dev", "dev"]);
    assert.deepEqual(seen["db-1"], ["small", undefined]);
  });
});

Deno.test("check 82: phases of an environment come before a group's, those for the group after", async () => {
  const own = { configure: () => directory("/srv/own") };
  const prod = environmentSpec("prod", {
    count: 1,
    phases: { configure: () => directory("/srv/common"), audit: () => directory("/srv/audit") },
    groups: { web: { tier: "large", phases: { configure: () => directory("/srv/web") } } },
  });
  const specs = exporting(
    groupSpec("web", { phases: own }),
    groupSpec("db", { count: 1, phases: own }),
    prod,
  );
  await onStage(specs, async (stage) => {
    const actions = async (name: string | undefined, phase: string) => {
      const { plans } = await stage.run(plan, {
        ...(name === undefined ? { counts: { web: 1 } } : { selected: { name } }),
        phases: [phase],
        os: "debian-12",
      });
      return Object.fromEntries(
        plans.flatMap(({ targets }) =>
          targets.map((one) => [one.target, one.actions.map(({ id }) => id.slice(10))])
        ),
      );
    };
    assert.deepEqual(await actions("prod", "configure"), {
      "db-1": ["/srv/common", "/srv/own"],
      "web-1": ["/srv/common", "/srv/own", "/srv/web"],
    });
    assert.deepEqual(await actions("prod", "audit"), { "db-1": ["/srv/audit"], "web-1": ["/srv/audit"] });
    assert.deepEqual(await actions(undefined, "configure"), { "db-1": ["/srv/own"], "web-1": ["/srv/own"] });
  });
});

Deno.test("an unknown environment is an error with the known ones, of files and of the infra file", async () => {
  const specs = exporting(groupSpec("web", { count: 1 }), environmentSpec("staging", {}));
  await onStage(specs, async (stage) => {
    await assert.rejects(async () => await stage.run(plan, { environments, selected: { name: "stagin" } }), {
      kind: "usage",
      message: /no environment "stagin"\. Did you mean "staging"\?/,
      help: /dev, prod, staging/,
    });
    const origin = { file: "/p/pallet.yaml", line: 2, column: 1 };
    await assert.rejects(
      async () => await stage.run(plan, { environments, selected: { name: "x", origin } }),
      { kind: "config", origin },
    );
    assert.equal((await stage.run(plan, { environments, selected: { name: "staging" } })).exitCode, 0);
  });
});

Deno.test("an environment that speaks of a group which there is not is warned of", async () => {
  const specs = exporting(groupSpec("web", { count: 1 }));
  const texts: string[] = [];
  await onStage(specs, async (stage) => {
    await stage.run(plan, {
      environments: {
        prod: [{ name: "environment prod", values: { groups: { wbe: { count: 3 }, web: {} } } }],
      },
      selected: { name: "prod" },
      on: (event) => event.type === "message" && texts.push(`${event.level} ${event.text}`),
    });
  });
  assert.deepEqual(texts.filter((text) => text.startsWith("warn")), [
    'warn Environment "prod" speaks of group "wbe", which there is not. Did you mean "web"?',
  ]);
});

Deno.test("environmentSpec() refuses what is no environment, and says where", async () => {
  const here = (work: () => unknown, message: RegExp) =>
    assert.throws(work, (error: { kind: string; message: string; origin: { file: string } }) => {
      assert.equal(error.kind, "infra");
      assert.match(error.message, message);
      assert.match(error.origin.file, /environment_test\.ts$/);
      return true;
    });
  here(() => environmentSpec("a b", {}), /"a b": its name must be/);
  here(() => environmentSpec("prod", { count: -1 }), /count: must be 0 or more/);
  here(() => environmentSpec("prod", { groups: { web: { count: -1 } } }), /groups\.web\.count/);
  here(() => environmentSpec("prod", { phases: { configure: 3 } as never }), /phases\.configure/);
  here(() => environmentSpec("prod", { tier: (() => 1) as never }), /tier: must be plain data/);
  const specs = exporting(groupSpec("web", { count: 1 }), environmentSpec("prod", { groups: { wbe: {} } }));
  await onStage(specs, async (stage) => {
    await assert.rejects(async () => await stage.run(plan, {}), /no group "wbe"\. Did you mean "web"\?/);
  });
});
