import assert from "node:assert/strict";
import { directory } from "../actions/directory.ts";
import { PalletError } from "../errors.ts";
import { clusterSpec, groupSpec, nodeSpec, serverSpec } from "./specs.ts";
import type { GroupSpec, NodeSpec, ServerSpec } from "./types.ts";

/** The error of a spec that is wrong on purpose, whatever its type would say. */
function refused(make: () => unknown): PalletError {
  try {
    make();
  } catch (thrown) {
    assert.ok(thrown instanceof PalletError, String(thrown));
    assert.equal(thrown.kind, "infra");
    assert.equal(thrown.origin?.file, import.meta.url);
    return thrown;
  }
  return assert.fail("it was accepted");
}

function wrong<T>(value: unknown): T {
  return value as T;
}

Deno.test("check 9: a node spec takes image, version pattern, cores and memory", () => {
  const spec = nodeSpec({
    image: { osFamily: "ubuntu", osVersionMatches: "10.10" },
    hardware: { minCores: 2, minRam: 512 },
  });
  assert.deepEqual(spec, {
    image: { osFamily: "ubuntu", osVersionMatches: "10.10" },
    hardware: { minCores: 2, minRam: 512 },
  });
});

Deno.test("check 17: a wrong key is named with its path and the nearest known one", () => {
  const error = refused(() => nodeSpec(wrong<NodeSpec>({ hardware: { minCore: 2 } })));
  assert.match(
    error.message,
    /^Invalid node spec: hardware\.minCore: unknown key "minCore"\. Did you mean "minCores"\?/,
  );
});

Deno.test("check 17: a wrong type is named with its path and value", () => {
  const error = refused(() => nodeSpec(wrong<NodeSpec>({ network: { inboundPorts: [22, 70000, "http"] } })));
  assert.match(error.message, /network\.inboundPorts\[1\]: must be a port, 1 to 65535, not 70000/);
  assert.match(error.message, /network\.inboundPorts\[2\]: must be a number, not "http"/);
});

Deno.test("check 17: every problem of a spec is listed at once", () => {
  const error = refused(() =>
    groupSpec("web", wrong<GroupSpec>({ cuont: 1, phases: { configure: "x" }, packager: "aptitude" }))
  );
  assert.match(error.message, /^Invalid group spec "web": /);
  assert.match(error.message, /cuont: unknown key "cuont"\. Did you mean "count"\?/);
  assert.match(error.message, /phases\.configure: must be a function, not "x"/);
  assert.match(error.message, /packager: must be "apt" \| "dnf", not "aptitude"\. Did you mean "apt"\?/);
});

const refusals: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["a negative count", () => groupSpec("web", { count: -1 }), /count: must be 0 or more, not -1/],
  ["half a node", () => groupSpec("web", { count: 1.5 }), /count: must be a whole number, not 1\.5/],
  [
    "a broken pattern",
    () => nodeSpec({ image: { osNameMatches: "(" } }),
    /image\.osNameMatches: must be a regular/,
  ],
  [
    "a RegExp",
    () => nodeSpec({ image: wrong({ osNameMatches: /x/ }) }),
    /image\.osNameMatches: must be a string/,
  ],
  [
    "a range that ends first",
    () => nodeSpec({ network: { inboundPorts: [{ startPort: 9, endPort: 8 }] } }),
    /inboundPorts\[0\]: must not end before it starts/,
  ],
  [
    "a wrong key of a range",
    () => nodeSpec({ network: { inboundPorts: [wrong({ startPort: 9, end: 8 })] } }),
    /inboundPorts\[0\]\.end: unknown key "end"\. Did you mean "endPort"\?/,
  ],
  [
    "provider extras that are functions",
    () => nodeSpec({ provider: { lab: wrong({ f: () => 1 }) } }),
    /provider\.lab: must be an object of plain data/,
  ],
  [
    "a default phase twice",
    () => serverSpec({ defaultPhases: ["a", "a"] }),
    /defaultPhases: must not name a phase twice/,
  ],
  [
    "a phase with a space",
    () => serverSpec({ phases: { "a b": () => [] } }),
    /phases\["a b"\]: must be a phase name/,
  ],
  [
    "an unknown hook",
    () => serverSpec({ phasesMeta: { x: wrong({ post: () => {} }) } }),
    /phasesMeta\.x\.post: unknown key "post"\. Did you mean "postPhase"\?/,
  ],
  [
    "roles that are numbers",
    () => serverSpec(wrong<ServerSpec>({ roles: [1] })),
    /roles\[0\]: must be a string, not 1/,
  ],
  [
    "no object",
    () => serverSpec(wrong<ServerSpec>("web")),
    /Invalid server spec: must be an object, not "web"/,
  ],
  ["nothing", () => nodeSpec(wrong<NodeSpec>(undefined)), /Invalid node spec/],
  [
    "extending a number",
    () => serverSpec({ extends: [wrong(1)] }),
    /extends\[0\]: must be a server or group spec, not 1/,
  ],
  [
    "extending a function that makes one",
    () => serverSpec({ extends: wrong(() => serverSpec({})) }),
    /extends: must be a server or group spec, not a function: call it/,
  ],
  [
    "extending a node spec",
    () => serverSpec({ extends: wrong(nodeSpec({})) }),
    /extends: must be a server or group spec, not a node spec/,
  ],
  [
    "a wrong literal that is extended",
    () => groupSpec("web", { extends: [{ extends: wrong({ phase: {} }) }] }),
    /group spec "web", extends\[0\], extends: phase: unknown key "phase"/,
  ],
  [
    "a group in a cluster that groupSpec() did not make",
    () => clusterSpec("c", { groups: [{ name: "web" }] }),
    /groups\[0\]: must be a group spec made by groupSpec\(\)/,
  ],
  ["a cluster without groups", () => clusterSpec("c", wrong({})), /groups: is missing/],
];

for (const [what, make, message] of refusals) {
  Deno.test(`a spec refuses ${what}`, () => assert.match(refused(make).message, message));
}

for (
  const name of [
    "Web",
    "web_1",
    "-web",
    "web-",
    "",
    "we b",
    "wéb",
    "a/b",
    "..",
    'a"b',
    "web\n",
    wrong<string>(7),
  ]
) {
  Deno.test(`groupSpec() refuses the name ${JSON.stringify(name)}, no part of a host name`, () => {
    assert.match(refused(() => groupSpec(name)).message, /^Invalid name of a group spec: must be /);
  });
}

Deno.test("groupSpec() leaves room for a node's number in a host name", () => {
  assert.equal(groupSpec("a".repeat(59)).name.length, 59);
  assert.match(refused(() => groupSpec("a".repeat(60))).message, /has 60 characters, 59 is the most/);
});

Deno.test("clusterSpec() refuses a group whose prefixed name is too long", () => {
  const group = groupSpec("a".repeat(50));
  assert.match(refused(() => clusterSpec("b".repeat(9), { groups: [group] })).message, /60 characters/);
});

for (const key of ["__proto__", "constructor", "prototype"]) {
  Deno.test(`specs refuse the key ${key} at every depth`, () => {
    const hostile = JSON.parse(`{"${key}": {"polluted": true}}`);
    const specs: readonly (() => unknown)[] = [
      () => nodeSpec(hostile),
      () => nodeSpec({ image: hostile }),
      () => nodeSpec({ provider: { lab: hostile } }),
      () => nodeSpec({ provider: hostile }),
      () => serverSpec({ phases: hostile }),
      () => serverSpec({ phasesMeta: hostile }),
      () => serverSpec({ extends: hostile }),
      () => groupSpec("web", hostile),
      () => clusterSpec("c", hostile),
    ];
    for (const make of specs) {
      assert.match(refused(make).message, new RegExp(`the key "${key}" is not allowed`));
    }
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });
}

Deno.test("an action refuses keys that every object has", () => {
  for (const key of ["__proto__", "constructor", "toString"]) {
    const options = JSON.parse(`{"${key}": 1}`);
    assert.match(refused(() => directory("/a", options)).message, new RegExp(`unknown key "${key}"`));
  }
});

Deno.test("a spec that holds itself is refused, not followed for ever", () => {
  const self: Record<string, unknown> = {};
  self.extends = self;
  assert.match(refused(() => serverSpec(self)).message, /refers to itself/);
});

Deno.test("a spec is frozen at every depth, and apart from what it was made of", () => {
  const ports = [80];
  const spec = nodeSpec({ network: { inboundPorts: ports } });
  ports.push(81);
  assert.deepEqual(spec.network?.inboundPorts, [80]);
  assert.ok(Object.isFrozen(spec) && Object.isFrozen(spec.network?.inboundPorts));
});

Deno.test("a getter is read once: what was checked is what is kept", () => {
  let reads = 0;
  const spec = groupSpec("web", {
    get count() {
      return reads++ === 0 ? 1 : -1;
    },
  });
  assert.equal(spec.count, 1);
  assert.equal(reads, 1);
});

Deno.test("a key that is undefined counts as left out", () => {
  assert.deepEqual(groupSpec("web", wrong<GroupSpec>({ count: undefined, nodeSpec: { image: undefined } })), {
    name: "web",
    nodeSpec: {},
  });
});

Deno.test("functions of a spec stay the same by reference", () => {
  const configure = () => [];
  assert.equal(serverSpec({ phases: { configure } }).phases?.configure, configure);
});
