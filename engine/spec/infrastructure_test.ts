import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { collectGroups } from "./infrastructure.ts";
import { clusterSpec, groupSpec, nodeSpec, serverSpec } from "./specs.ts";

function names(exports: Readonly<Record<string, unknown>>): readonly string[] {
  return collectGroups(exports).map((group) => group.name);
}

function message(exports: Readonly<Record<string, unknown>>): string {
  try {
    collectGroups(exports, (origin) => `line ${origin.line > 0 ? "N" : "?"}`);
  } catch (thrown) {
    assert.ok(thrown instanceof PalletError);
    assert.equal(thrown.kind, "infra");
    return thrown.message;
  }
  return assert.fail("it was accepted");
}

Deno.test("exports: groups and clusters count, also in lists and default objects, other things do not", () => {
  const cluster = clusterSpec("c", { groups: [groupSpec("x")] });
  assert.deepEqual(
    names({
      one: groupSpec("one"),
      list: [groupSpec("two"), [groupSpec("three")]],
      default: { production: cluster, more: { deep: groupSpec("four") } },
      small: nodeSpec({}),
      base: serverSpec({}),
      helper: () => groupSpec("never"),
      number: 1,
      text: "x",
      nothing: null,
      map: new Map([["a", groupSpec("hidden")]]),
    }),
    ["one", "two", "three", "c-x", "four"],
  );
});

Deno.test("exports: what is exported under two names counts once", () => {
  const web = groupSpec("web");
  assert.deepEqual(names({ web, alias: web, list: [web, web] }), ["web"]);
  const cluster = clusterSpec("c", { groups: [web, web] });
  assert.deepEqual(names({ cluster, default: cluster }), ["c-web"]);
});

Deno.test("exports: an object that holds itself is looked through once", () => {
  const self: Record<string, unknown> = { web: groupSpec("web") };
  self.self = self;
  assert.deepEqual(names({ self }), ["web"]);
});

Deno.test("exports: none is an error that names what there is", () => {
  assert.match(message({}), /no group and no cluster: it exports nothing/);
  assert.match(message({ base: serverSpec({}), x: 1 }), /none of its exports \(base, x\) is one/);
});

Deno.test("exports: two groups of one name are refused with both places", () => {
  assert.equal(
    message({ a: groupSpec("web"), b: groupSpec("web") }),
    'Two groups are named "web": line N and line N',
  );
  const cluster = clusterSpec("a", { groups: [groupSpec("b")] });
  assert.match(message({ x: groupSpec("a-b"), cluster }), /Two groups are named "a-b"/);
});

Deno.test("after: an unknown group is refused with path, value and the nearest known name", () => {
  assert.match(
    message({ db: groupSpec("db"), web: groupSpec("web", { after: ["db", "dbs"] }) }),
    /^Invalid group spec "web": after\[1\]: there is no group "dbs"\. Did you mean "db"\? Known: db, web\./,
  );
});

Deno.test("after: a circle is refused with its path", () => {
  const exports = {
    a: groupSpec("a", { after: ["b"] }),
    b: groupSpec("b", { after: ["c"] }),
    c: groupSpec("c", { after: ["a"] }),
    d: groupSpec("d", { after: ["a"] }),
  };
  assert.equal(message(exports), "Groups wait for each other in a circle: a -> b -> c -> a");
  assert.equal(
    message({ a: groupSpec("a", { after: ["a"] }) }),
    "Groups wait for each other in a circle: a -> a",
  );
});

Deno.test("after: a group of a cluster may wait for one outside of it", () => {
  const cluster = clusterSpec("c", { groups: [groupSpec("web", { after: ["db", "dns"] }), groupSpec("db")] });
  const [web] = collectGroups({ cluster, dns: groupSpec("dns") });
  assert.deepEqual(web?.after, ["c-db", "dns"]);
});

Deno.test("after: many groups that wait for many are checked at once", () => {
  const layers = Array.from(
    { length: 12 },
    (_, layer) =>
      Array.from({ length: 5 }, (_, at) =>
        groupSpec(`g${layer}-${at}`, {
          after: layer === 0 ? [] : Array.from({ length: 5 }, (_, other) => `g${layer - 1}-${other}`),
        })),
  );
  const start = performance.now();
  assert.equal(names({ layers }).length, 60);
  assert.ok(performance.now() - start < 1000);
});
