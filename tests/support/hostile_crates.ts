// Crates that try what none should: one list for every way in which Pallet runs.

/** A hostile crate, and what becomes of it. */
export interface HostileCrate {
  /** What it tries, after "a crate that". */
  readonly tries: string;
  /**
   * Its module. What it does while it is loaded stands before its export `hostile`, a server spec; `HOME` and
   * `HOST` stand for the user's home and the host that it comes from.
   */
  readonly source: string;
  /** Seconds that evaluating it may take: few for what must run into them, many for all else, however busy it is. */
  readonly seconds: number;
  /** What the user is told; nothing when the crate is harmless, and is loaded like any other. */
  readonly refused?: RegExp;
  /** What the explanation of a harmless one holds. */
  readonly explained?: RegExp;
}

const HEAD = 'import { directory, execScript, serverSpec, sh } from "pallet";\n';

const LATE = /did not finish within 2(?:\.1)? s/;
/** Which of the limits a bomb meets first depends on the machine. */
const MEMORY = /took more memory than the \d+ MiB|gave an answer of more than|did not finish within/;

/** Seconds for a crate with this end. */
function secondsFor(refused: RegExp | undefined): number {
  return refused === LATE || refused === MEMORY ? 2 : 30;
}

/** A crate that does something while it is loaded. */
function loading(tries: string, statements: string, refused: RegExp): HostileCrate {
  const source = `${HEAD}${statements}\nexport const hostile = serverSpec({});\n`;
  return { tries, source, seconds: secondsFor(refused), refused };
}

/** A crate whose phase has this body; `context` is what a phase gets. */
function planning(
  tries: string,
  body: string,
  outcome: Pick<HostileCrate, "refused" | "explained">,
): HostileCrate {
  const source = `${HEAD}export const hostile = serverSpec({ phases: { configure: async (context) => {
${body}
} } });\n`;
  return { tries, source, seconds: secondsFor(outcome.refused), ...outcome };
}

const KEY = "HOME/.ssh/id_ed25519";
const ABSENT = (name: string): RegExp => new RegExp(`${name} is not defined`);
const CODE = /Code generation from strings/;

export const hostileCrates: readonly HostileCrate[] = [
  // Files.
  loading("reads a private key", `Deno.readTextFileSync("${KEY}");`, ABSENT("Deno")),
  loading("reads a private key by node:fs", `import "node:fs";`, /Cannot import "node:fs"/),
  loading("reads a private key by process", `process.binding("fs");`, ABSENT("process")),
  loading("requires a module", `require("node:fs");`, ABSENT("require")),
  planning("reads a private key as a file of the project", `await context.readProjectFile("${KEY}");`, {
    refused: /Cannot read project file ".*id_ed25519": it is no relative path/,
  }),
  planning(
    "climbs out of the project",
    `await context.readProjectFile("../home/.ssh/id_ed25519");`,
    { refused: /Cannot read project file "\.\.\/home\/\.ssh\/id_ed25519": it is outside the project folder/ },
  ),
  planning("follows a link out of the project", `await context.readProjectFile("link");`, {
    refused: /Cannot read project file "link": it is outside the project folder/,
  }),
  // The machine.
  loading("reads the environment", `process.env.SECRET;`, ABSENT("process")),
  loading("reads the environment by Deno", `Deno.env.get("SECRET");`, ABSENT("Deno")),
  loading("starts a program", `new Deno.Command("id").outputSync();`, ABSENT("Deno")),
  loading("starts a program by Node", `import "node:child_process";`, /Cannot import "node:child_process"/),
  loading("loads foreign code", `Deno.dlopen("libc.so.6", {});`, ABSENT("Deno")),
  loading("compiles WebAssembly", `new WebAssembly.Module(new Uint8Array());`, ABSENT("WebAssembly")),
  loading("uses a package of npm", `import "npm:left-pad@1.3.0";`, /Cannot import "npm:left-pad@1\.3\.0"/),
  {
    tries: "uses packages of npm that Pallet has",
    source: `import * as v from "npm:valibot@^1";
import { parse } from "npm:yaml@2";
${HEAD}const path = v.parse(v.string(), parse("path: /fine").path);
export const hostile = serverSpec({ phases: { configure: () => directory(path) } });
`,
    seconds: 30,
    explained: /directory \/fine/,
  },
  // The network.
  loading("fetches", `await fetch("HOST/stolen");`, ABSENT("fetch")),
  loading("opens a socket", `new WebSocket("ws://127.0.0.1:1/");`, ABSENT("WebSocket")),
  loading("connects by Node", `import "node:net";`, /Cannot import "node:net"/),
  // The terminal.
  loading("reads what is typed", `Deno.stdin.readSync(new Uint8Array(9));`, ABSENT("Deno")),
  loading("writes to the terminal", `Deno.stdout.writeSync(new Uint8Array(9));`, ABSENT("Deno")),
  loading("asks for a password", `prompt("Password:");`, ABSENT("prompt")),
  loading("asks for consent", `confirm("Sure?");`, ABSENT("confirm")),
  loading("catches Ctrl-C", `Deno.addSignalListener("SIGINT", () => {});`, ABSENT("Deno")),
  loading("ends the program", `process.exit(0);`, ABSENT("process")),
  planning(
    "writes an answer of its own to its console",
    `console.log('\\u0002\\0\\0\\0{}\\u001b[2J{"type":"reply","value":{},"console":[]}');
     return directory("/fine");`,
    { explained: /directory \/fine/ },
  ),
  // More code.
  loading(
    "starts a worker",
    `new Worker("data:text/javascript,postMessage(1)", { type: "module" });`,
    ABSENT("Worker"),
  ),
  loading("starts a worker of Node", `import "node:worker_threads";`, /Cannot import "node:worker_threads"/),
  loading(
    "imports a file",
    `await import("file:///etc/hostname.js");`,
    /modules cannot come from file: URLs/,
  ),
  loading(
    "imports a JSON file",
    `import key from "file://HOME/.ssh/config.json" with { type: "json" };\nkey;`,
    /modules cannot come from file: URLs/,
  ),
  loading(
    "imports a file by a path",
    `import "/etc/hostname.ts";`,
    /its host answered 404|modules cannot come from file: URLs/,
  ),
  loading("imports data", `await import("data:text/javascript,1");`, /modules cannot come from data: URLs/),
  loading(
    "imports what only it knows",
    `const name = ["node", "fs"].join(":"); await import(name);`,
    /a computed specifier/,
  ),
  loading("makes code of a text", `(0, eval)("1");`, CODE),
  loading("makes a function of a text", `new Function("return import('node:fs')")();`, CODE),
  loading("makes code by a constructor", `(() => {}).constructor("return globalThis")();`, CODE),
  loading("makes code by a generator", `(async function* () {}).constructor("yield 1")();`, CODE),
  // Time and memory.
  loading("is nested too deep to be parsed", `const a = ${"(".repeat(200_000)};`, /it is nested too deep/),
  loading("loops for ever", `for (;;);`, LATE),
  loading("recurses for ever", `function f() { return f() + 1; }\nf();`, /Maximum call stack size exceeded/),
  loading("waits for ever", `await new Promise(() => {});`, /a top-level await never ends/),
  loading("queues tasks for ever", `(function f() { queueMicrotask(f); })();\nawait 0;`, LATE),
  loading("has a catastrophic pattern", `/^(a+)+$/.test("a".repeat(60) + "b");`, LATE),
  loading("sleeps in the processor", `Atomics.wait(new Int32Array(4), 0, 0);`, ABSENT("Atomics")),
  loading("fills its heap", `const a = []; for (;;) a.push(new Array(1e5).fill(a.length / 3));`, MEMORY),
  loading(
    "fills memory beside its heap",
    `const a = []; for (;;) a.push(new Uint8Array(2 ** 26).fill(1));`,
    MEMORY,
  ),
  planning("loops in a phase", `for (;;);`, { refused: LATE }),
  planning("never answers", `await new Promise(() => {});`, { refused: /Phase "configure" .* never ends/ }),
  planning(
    "has more actions than a phase may have",
    `return Array.from({ length: 20_000 }, (_, at) => directory("/" + at));`,
    { refused: /more than 10000 actions/ },
  ),
  planning(
    "has a giant action",
    `return execScript(sh\`echo \${"x".repeat(300 * 2 ** 20)}\`);`,
    { refused: MEMORY },
  ),
  planning("writes a million lines", `for (let at = 0; at < 1e6; at++) console.log("line " + at);`, {
    explained: /web/,
  }),
  // What comes back.
  planning(
    "returns an action of its own making",
    `return { type: "action", kind: "directory", args: { path: 1 },
    origin: { file: "x", line: 1, column: 1 } };`,
    { refused: /directory action that phase "configure" returned: path: must be a string/ },
  ),
  planning(
    "returns an action of no kind",
    `return { type: "action", kind: "format-disk", args: {},
    origin: { file: "x", line: 1, column: 1 } };`,
    { refused: /unknown kind "format-disk"/ },
  ),
  planning("returns a function", `return () => directory("/x");`, { refused: /returned a function/ }),
  planning(
    "returns a getter that throws",
    `return { get type() { throw new Error("a trap"); } };`,
    { refused: /a trap/ },
  ),
  planning(
    "returns a getter that changes its mind",
    `let asked = 0;
     return directory("/fine", { get mode() { return asked++ === 0 ? "0755" : { evil: true }; } });`,
    { explained: /directory \/fine/ },
  ),
  planning(
    "returns a proxy",
    `return new Proxy(directory("/x"), { get: () => "evil", ownKeys: () => ["type"] });`,
    { refused: /Invalid|returned|proxy|threw/ },
  ),
  planning(
    "throws a proxy",
    `throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });`,
    { refused: /threw something that cannot be read/ },
  ),
  planning(
    "answers with what pollutes objects",
    `return directory("/x", JSON.parse('{"__proto__": {"polluted": true}}'));`,
    { refused: /__proto__|unknown key/ },
  ),
  planning(
    "alters what answers are made with",
    `Object.defineProperty(Object.prototype, "toJSON", { value() {
       return this.type === "reply" ? JSON.parse('{"__proto__": {"polluted": true}, "type": "reply"}') : this;
     } });`,
    { refused: /gave an answer that is not valid/ },
  ),
  planning(
    "answers with plans of others",
    `const real = JSON.stringify;
     JSON.stringify = (value, ...rest) => real(value, ...rest).replaceAll('"configure"', '"bootstrap"');`,
    { refused: /gave an answer that is not valid/ },
  ),
  planning(
    "answers with no JSON",
    `JSON.stringify = () => "{";`,
    { refused: /gave an answer that is not valid/ },
  ),
  planning(
    "says that its answer is longer than it is",
    `DataView.prototype.setUint32 = new Proxy(DataView.prototype.setUint32, {
       apply: (set, view, [at, , little]) => Reflect.apply(set, view, [at, 2 ** 31, little]),
     });`,
    { refused: /gave an answer of more than/ },
  ),
];
