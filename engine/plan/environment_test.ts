import assert from "node:assert/strict";
import fc from "fast-check";
import { PalletError } from "../errors.ts";
import type { Environment, GroupSummary } from "../spec/types.ts";
import { applyEnvironment, checkEnvironment, mergeEnvironments, worldEnvironment } from "./environment.ts";

const subject = { what: "environment", kind: "config" } as const;

function group(name: string, rest: Partial<GroupSummary> = {}): GroupSummary {
  return {
    name,
    nodeSpec: {},
    roles: [],
    defaultPhases: ["configure"],
    after: [],
    phases: {},
    hooks: {},
    origin: { file: "infra.ts", line: 1, column: 1 },
    ...rest,
  };
}

function refused(value: unknown): string {
  try {
    checkEnvironment(value, subject);
  } catch (thrown) {
    assert.ok(thrown instanceof PalletError);
    return thrown.message;
  }
  return assert.fail("it was accepted");
}

const layer: fc.Arbitrary<Environment> = fc.record({
  a: fc.integer(),
  deep: fc.record({ x: fc.integer(), y: fc.record({ z: fc.string() }, { requiredKeys: [] }) }, {
    requiredKeys: [],
  }),
  image: fc.record({ osFamily: fc.string(), osVersion: fc.string() }, { requiredKeys: [] }),
  groups: fc.dictionary(fc.constantFrom("web", "db"), fc.record({ a: fc.integer() }, { requiredKeys: [] })),
}, { requiredKeys: [] }).map((value) => JSON.parse(JSON.stringify(value)));

Deno.test("mergeEnvironments(): later layers win, key by key, at every depth", () => {
  assert.deepEqual(
    mergeEnvironments([{ a: 1, deep: { x: 1, y: 1 } }, { deep: { y: 2 }, a: null }, { b: [1] }, { b: [2] }]),
    { a: 1, deep: { x: 1, y: 2 }, b: [2] },
  );
});

Deno.test("mergeEnvironments(): image and user are merged one level deep", () => {
  const merged = mergeEnvironments([
    { image: { osFamily: "debian", osVersion: "11" }, user: { username: "x", privateKey: "~/a" } },
    { image: { osVersion: "12" }, user: { privateKey: "~/b" } },
  ]);
  assert.deepEqual(merged, {
    image: { osFamily: "debian", osVersion: "12" },
    user: { username: "x", privateKey: "~/b" },
  });
});

Deno.test("mergeEnvironments(): groups are merged by name, as environments", () => {
  const merged = mergeEnvironments([
    { groups: { web: { image: { osFamily: "debian" }, deep: { a: 1 } }, db: { count: 1 } } },
    { groups: { web: { image: { osVersion: "12" }, deep: { b: 2 } } } },
  ]);
  assert.deepEqual(merged.groups, {
    web: { image: { osFamily: "debian", osVersion: "12" }, deep: { a: 1, b: 2 } },
    db: { count: 1 },
  });
});

Deno.test("mergeEnvironments() is associative for layers of one shape", () => {
  fc.assert(fc.property(layer, layer, layer, (a, b, c) => {
    const all = mergeEnvironments([a, b, c]);
    assert.deepEqual(mergeEnvironments([mergeEnvironments([a, b]), c]), all);
    assert.deepEqual(mergeEnvironments([a, mergeEnvironments([b, c])]), all);
  }));
});

Deno.test("applyEnvironment(): the environment's image is the base, the spec wins, groups win over the spec", () => {
  const environment: Environment = {
    image: { osFamily: "ubuntu", osVersion: "24.04" },
    count: 1,
    packager: "apt",
    groups: { db: { image: { osVersion: "13" }, count: 3, packager: "dnf" } },
  };
  const spec = { nodeSpec: { image: { osFamily: "debian" }, hardware: { minCores: 1 } }, count: 2 };
  const web = applyEnvironment(group("web", spec), environment);
  assert.deepEqual(web.nodeSpec, {
    image: { osFamily: "debian", osVersion: "24.04" },
    hardware: { minCores: 1 },
  });
  assert.deepEqual([web.count, web.packager], [2, "apt"]);
  const db = applyEnvironment(group("db", spec), environment);
  assert.deepEqual(db.nodeSpec.image, { osFamily: "debian", osVersion: "13" });
  assert.deepEqual([db.count, db.packager], [3, "dnf"]);
  assert.deepEqual(applyEnvironment(group("x"), {}), group("x"));
  assert.equal(applyEnvironment(group("x"), environment).count, 1);
});

Deno.test("applyEnvironment(): a count of 0 for a group is a count", () => {
  assert.equal(applyEnvironment(group("web", { count: 2 }), { groups: { web: { count: 0 } } }).count, 0);
});

Deno.test("applyEnvironment(): a group named like a property of every object has no values of its own", () => {
  assert.deepEqual(applyEnvironment(group("constructor"), { groups: {} }), group("constructor"));
});

Deno.test("worldEnvironment() gives each group its values, and says what holds for it", () => {
  const environment: Environment = {
    proxy: "http://10.0.0.1:3142",
    apt: { mirror: "a", suite: "s" },
    groups: { web: { apt: { mirror: "b" }, count: 4 } },
  };
  const world = worldEnvironment([group("web", { count: 2 }), group("db", { packager: "dnf" })], environment);
  const common = { proxy: "http://10.0.0.1:3142", apt: { mirror: "a", suite: "s" } };
  assert.deepEqual(world, {
    "": common,
    web: { ...common, apt: { mirror: "b", suite: "s" }, count: 4 },
    db: { ...common, packager: "dnf" },
  });
});

Deno.test("checkEnvironment() lets free keys through and refuses wrong known ones with path and value", () => {
  const value = { proxy: "http://p:1", anything: { goes: [1, null, "x"] }, groups: { web: { count: 0 } } };
  assert.deepEqual(checkEnvironment(value, subject), value);
  assert.match(refused({ proxy: "nonsense" }), /^Invalid environment: proxy: must be a URL, not "nonsense"/);
  assert.match(
    refused({ image: { osFamly: "x" } }),
    /image\.osFamly: unknown key "osFamly"\. Did you mean "osFamily"\?/,
  );
  assert.match(
    refused({ groups: { web: { count: -1 } } }),
    /^Invalid environment: groups\.web\.count: must be 0 or more/,
  );
  assert.match(refused({ groups: { web: { groups: {} } } }), /groups\.web\.groups: a group has no groups/);
  assert.match(refused({ groups: [] }), /groups: must be an object/);
  assert.match(refused({ groups: { web: 1 } }), /groups\.web: must be an object of plain data/);
  assert.match(refused({ a: { f: () => 1 } }), /a\.f: must be plain data, not a function/);
  assert.match(refused([]), /must be an object of plain data/);
  assert.match(refused(null), /must be an object of plain data/);
});

for (const key of ["__proto__", "constructor", "prototype"]) {
  Deno.test(`checkEnvironment() refuses the key ${key} at every depth`, () => {
    for (const text of [`{"${key}": {"x": 1}}`, `{"a": {"${key}": 1}}`, `{"groups": {"${key}": {}}}`]) {
      assert.match(refused(JSON.parse(text)), new RegExp(`the key "${key}" is not allowed`));
    }
  });
}

Deno.test("mergeEnvironments() pollutes no prototype, even by what was not checked", () => {
  const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "groups": {"__proto__": {"polluted": 1}}}');
  mergeEnvironments([{}, hostile, hostile]);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});
