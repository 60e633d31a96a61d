// Infra files that do what none should. Each gets a clear error with its place, and leaves no process behind.
import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import { failureOf, HEAD, LIMITS, plan, SOON, withInfra } from "./testing.ts";

/** What `load` says of a file, as people read it. */
async function loadFailure(source: string, limits = LIMITS): Promise<string> {
  return await withInfra(
    source,
    async (sandbox) => {
      const { message, origin, help } = await failureOf(sandbox.load());
      return `${origin?.file}:${origin?.line}: ${message}. ${help ?? ""}`;
    },
    {},
    limits,
  );
}

/** What a plan says when the body of its `configure` phase is this; the file itself loads. */
async function planFailure(body: string, limits = LIMITS): Promise<string> {
  const source =
    `${HEAD}export const web = groupSpec("web", { phases: {\n  configure: async (context) => {\n${body}\n  },\n} });\n`;
  return await withInfra(
    source,
    async (sandbox) => {
      await sandbox.load();
      const reply = await plan(sandbox).then((value) => value, (error) => error);
      if (reply instanceof PalletError) {
        return `${reply.origin?.file}:${reply.origin?.line}: ${reply.message}`;
      }
      assert.ok(!(reply instanceof Error), Deno.inspect(reply));
      const problem = reply.plans[0];
      assert.ok(problem !== undefined && "problem" in problem, Deno.inspect(problem));
      return `${problem.problem.origin?.file}:${problem.problem.origin?.line}: ${problem.problem.message}`;
    },
    {},
    limits,
  );
}

/** What an expression is inside of the sandbox. */
async function evaluate(expression: string): Promise<string> {
  const source = `${HEAD}export const web = groupSpec("web");
    let value; try { value = ${expression} } catch (error) { value = "threw " + error.name + ": " + error.message }
    console.log(String(value));`;
  return await withInfra(source, async (sandbox) => {
    const { console } = await sandbox.load();
    return console[0]?.text ?? "nothing";
  });
}

const LOADS: readonly (readonly [name: string, source: string, expected: RegExp])[] = [
  ["loops for ever", "while (true) {}", /^infra\.ts:1: Loading infra\.ts did not finish within 2 s\./],
  [
    "awaits for ever",
    "await new Promise(() => {})",
    /^infra\.ts:1: Cannot load infra\.ts: a top-level await never/,
  ],
  ["has a catastrophic pattern", `/^(a+)+$/.test("a".repeat(60) + "b")`, /did not finish within 2 s/],
  [
    "fills its heap",
    "const a = []; for (;;) a.push(new Array(1000).fill({}))",
    /took more memory than the 96 MiB/,
  ],
  [
    "fills memory outside the heap",
    "const a = []; for (;;) a.push(new Uint8Array(2e7).fill(1))",
    /more memory than/,
  ],
  ["throws", "\n\nthrow new Error('no luck')", /^infra\.ts:3: Cannot load infra\.ts: no luck\./],
  ["throws null", "throw null", /Cannot load infra\.ts: null/],
  [
    "throws a proxy",
    "throw new Proxy({}, { get() { throw 1 } })",
    /^infra\.ts:1: Cannot load infra\.ts: something/,
  ],
  ["exports nothing", "", /^infra\.ts:1: The infra file has no group/],
  [
    "reads the environment",
    "\nDeno.env.get('HOME')",
    /^infra\.ts:2: .*Deno is not defined\. Infra files .* without access/,
  ],
  ["ends the process", "process.exit(0)", /^infra\.ts:1: .*process is not defined/],
  [
    "fetches",
    "await fetch('http://127.0.0.1:1/')",
    /^infra\.ts:1: .*fetch is not defined\. .*cannot reach the network/,
  ],
  [
    "waits",
    "setTimeout(() => {}, 1)",
    /^infra\.ts:1: .*setTimeout is not defined\. Plans are made without waiting/,
  ],
  ["starts a worker", "new Worker('data:text/javascript,')", /Worker is not defined/],
  ["prompts", "prompt('password?')", /prompt is not defined/],
  ["makes code of a text", "\neval('1')", /^infra\.ts:2: .*Code generation from strings/],
  ["makes a function of a text", "new Function('return 1')()", /Code generation from strings/],
  [
    "takes a constructor for it",
    "(async () => {}).constructor('return 1')()",
    /Code generation from strings/,
  ],
  [
    "rejects later",
    HEAD + "export default groupSpec('a'); Promise.reject(new Error('too late'));",
    /^infra\.ts:2: Cannot load infra\.ts: too late/,
  ],
  [
    "throws later",
    HEAD + "export default groupSpec('a'); queueMicrotask(() => { throw new Error('too late') });",
    /^infra\.ts:2: .*too late/,
  ],
  ["imports a node module", "import 'node:fs';", /^infra\.ts:1: Cannot import "node:fs" .*without access/],
  [
    "imports from the web offline",
    "\nimport 'https://example.com/x.ts';",
    /^infra\.ts:2: .*it is not in the cache, and --offline/,
  ],
  [
    "imports jsr offline",
    "import 'jsr:@std/fs';",
    /^infra\.ts:1: Cannot import "jsr:@std\/fs" into infra\.ts: .*--offline lets nothing be fetched/,
  ],
  ["imports data", "await import('data:text/javascript,1');", /modules cannot come from data: URLs/],
  ["imports a file URL", "await import('file:///etc/hostname');", /modules cannot come from file: URLs/],
  ["computes an import", "\nconst x = './y.ts'; await import(x);", /^infra\.ts:2: .*a computed specifier/],
  [
    "imports what is not exported",
    "\nimport { grupSpec } from 'pallet'; grupSpec();",
    /^infra\.ts:2: .*no value "grupSpec".* Did you mean "groupSpec"/,
  ],
  ["has two of a name in JavaScript", "\nconst a = 1; const a = 2;", /^infra\.ts:2: .*already been declared/],
];

for (const [name, source, expected] of LOADS) {
  Deno.test(`load() of an infra file that ${name}`, async () => {
    assert.match(await loadFailure(source, /did not finish/.test(expected.source) ? SOON : LIMITS), expected);
  });
}

const PHASES: readonly (readonly [name: string, body: string, expected: RegExp])[] = [
  [
    "loops",
    "while (true) {}",
    /^infra\.ts:\d: Phase "configure" of group "web" \(infra\.ts:\d\) did not finish within 2 s/,
  ],
  [
    "never answers",
    "await new Promise(() => {})",
    /^infra\.ts:\d: Phase "configure" of group "web" never ends/,
  ],
  [
    "fills memory",
    "const a = []; for (;;) a.push([...'abcdefgh'])",
    /Phase "configure" of group "web" .*took more memory/,
  ],
  [
    "is giant",
    `return Array.from({ length: 40 }, (_, i) => directory("/" + i + "x".repeat(300_000)))`,
    /more than the 8 MiB/,
  ],
  ["throws", "\n  throw new Error('no plan')", /^infra\.ts:5: .*no plan/],
  [
    "reads outside",
    "await context.readProjectFile('../../etc/passwd')",
    /"\.\.\/\.\.\/etc\/passwd": (?:it is outside|no such)/,
  ],
  ["reads a device", "await context.readProjectFile('/dev/zero')", /it is no relative path/],
  ["rejects in passing", "Promise.reject(new Error('lost'))", /lost/],
];

for (const [name, body, expected] of PHASES) {
  Deno.test(`plan() of a phase that ${name}`, async () => {
    assert.match(await planFailure(body, /did not finish/.test(expected.source) ? SOON : LIMITS), expected);
  });
}

const REACH: readonly (readonly [expression: string, expected: string])[] = [
  ["typeof Deno + typeof process + typeof require + typeof Buffer", "undefined".repeat(4)],
  ["typeof WebAssembly + typeof Worker + typeof BroadcastChannel + typeof fetch", "undefined".repeat(4)],
  ["globalThis.constructor", "undefined"],
  ["Object.getOwnPropertyDescriptor(globalThis, 'Deno')", "undefined"],
  ["Object.getPrototypeOf(globalThis).Deno", "undefined"],
  ["Object.keys(globalThis).filter((key) => /deno|node|process/i.test(key)).length", "0"],
  [
    "(() => { Error.prepareStackTrace = (_, sites) => sites; " +
    "const found = new Error().stack.map((site) => typeof site.getFunction() + typeof site.getThis()); " +
    "Error.prepareStackTrace = undefined; return [...new Set(found)].join() })()",
    "undefinedundefined",
  ],
  ["Object.keys(import.meta).filter((key) => typeof import.meta[key] === 'function').join()", "resolve"],
  ["new Date().toISOString()", "2001-09-09T01:46:40.000Z"],
  ["new (new Date(0).constructor)().getTime() + Date.now()", String(2e12)],
  ["new Intl.DateTimeFormat('en', { timeZone: 'UTC', year: 'numeric' }).format()", "2001"],
  ["Temporal.Now.instant().epochMilliseconds", String(1e12)],
  ["performance.now()", "0"],
];

for (const [expression, expected] of REACH) {
  Deno.test(`the sandbox answers ${expression}`, async () => {
    assert.equal(await evaluate(expression), expected);
  });
}

Deno.test("random numbers are those of the seed", async () => {
  const once = await evaluate(
    "[Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(4))]",
  );
  const again = await evaluate(
    "[Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(4))]",
  );
  assert.equal(once, again);
  assert.match(
    once,
    /^0\.\d+,[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12},\d+,\d+,\d+,\d+$/,
  );
});

Deno.test("a million console lines are cut, and say so", async () => {
  await withInfra(
    `${HEAD}export const web = groupSpec("web"); for (let i = 0; i < 1e6; i++) console.log("line", i);`,
    async (sandbox) => {
      const { console } = await sandbox.load();
      assert.equal(console.length, 1001);
      assert.equal(console.at(-1)?.text, "999000 more lines were not kept");
    },
  );
});

Deno.test("altered built-in objects cannot forge what comes back", async () => {
  const source = `${HEAD}export const web = groupSpec("web");
    Object.defineProperty(Object.prototype, "toJSON", { value() {
      return this.type === "reply" ? JSON.parse('{"__proto__": {"polluted": true}, "type": "reply"}') : this;
    } });`;
  await withInfra(source, async (sandbox) => {
    const { message } = await failureOf(sandbox.load());
    assert.match(message, /The sandbox gave an answer that is not valid/);
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });
});

Deno.test("altered built-in methods cannot make an import mean something else", async () => {
  const source = `${HEAD}export const web = groupSpec("web");
    const { get } = Map.prototype;
    Map.prototype.get = () => "node:fs";
    Object.prototype["node:fs"] = "node:fs";
    console.log(Object.keys(await import("./a.ts")).join());
    Map.prototype.get = get;
    delete Object.prototype["node:fs"];`;
  await withInfra(source, async (sandbox) => {
    assert.equal((await sandbox.load()).console[0]?.text, "mine");
  }, { "a.ts": "export const mine: number = 1;" });
});

Deno.test("a stack that overflows is told with its place", async () => {
  assert.match(
    await loadFailure("function f() {\n  return f() + 1;\n}\nf();"),
    /^infra\.ts:[12]: Cannot load infra\.ts: RangeError: Maximum call stack size exceeded/,
  );
});

Deno.test("an error in rewritten TypeScript is told with the line that was written", async () => {
  assert.match(
    await loadFailure("enum Color {\n  red = 1,\n}\n\n\nthrow new Error('late ' + Color.red);"),
    /^infra\.ts:6: Cannot load infra\.ts: late 1/,
  );
});

Deno.test("an action in rewritten TypeScript has the line that was written", async () => {
  const source = `${HEAD}enum Color {\n  red = 1,\n}\n\n\nexport const web = groupSpec("web", { phases: {
    configure: () => directory("/srv/" + Color.red),
  } });`;
  await withInfra(source, async (sandbox) => {
    const [first] = (await plan(sandbox)).plans;
    assert.ok(first !== undefined && "actions" in first);
    assert.equal(first.actions[0]?.origin.line, 8);
  });
});

Deno.test("a getter in an action's arguments is read once and checked", async () => {
  const source = `${HEAD}let reads = 0;
    const options = { get mode() { return reads++ === 0 ? "0755" : { evil: true } } };
    export const web = groupSpec("web", { phases: { configure: () => directory("/srv", options) } });`;
  await withInfra(source, async (sandbox) => {
    const [first] = (await plan(sandbox)).plans;
    assert.ok(first !== undefined && "actions" in first);
    assert.equal(first.actions[0]?.args["mode"], "0755");
  });
});
