import assert from "node:assert/strict";
import { join } from "node:path";
import { PalletError } from "../errors.ts";
import { withProject } from "./fixture.ts";
import { buildGraph } from "./graph.ts";
import type { ModuleMap } from "./types.ts";

type Files = Readonly<Record<string, string>>;

const CRATES: Files = {
  "crates/nginx/mod.ts":
    `import { directory } from "pallet"; import { port } from "./ports.ts"; export const nginx = port;`,
  "crates/nginx/ports.ts": "export const port: number = 80;",
  "crates/evil/mod.ts": `import { port } from "../nginx/ports.ts"; export { port };`,
};

function build(files: Files, entry = "infra.ts", cacheDir?: string): Promise<ModuleMap> {
  return withProject({ ...CRATES, ...files }, (folder) =>
    buildGraph(join(folder, "project", entry), {
      palletExports: ["directory", "groupSpec", "PalletError"],
      crates: new URL(`file://${folder}/crates/`),
      ...(cacheDir === undefined ? {} : { cacheDir }),
    }));
}

/** Files of the project, by names without its folder. */
function project(files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`project/${name}`, text]));
}

/** Served sources by name. */
async function sources(files: Files): Promise<Record<string, string>> {
  const { modules, root } = await build(project(files));
  return Object.fromEntries(modules.map(({ url, source }) => [url.replace(root, ""), source]));
}

/** The error of a graph as people read it. */
async function failure(files: Files, entry?: string): Promise<string> {
  const thrown: unknown = await build(project(files), entry).then(() => undefined, (error) => error);
  assert.ok(thrown instanceof PalletError, `expected a PalletError, got ${Deno.inspect(thrown)}`);
  const { origin, message, help } = thrown;
  const place = origin === undefined ? "" : `${origin.file}:${origin.line}:${origin.column}: `;
  return `${place}${message}. ${help ?? ""}`;
}

/** The text without spaces at the ends of lines. */
function trimmed(text: string | undefined): string {
  return (text ?? "").replace(/ +$/gm, "");
}

Deno.test("buildGraph() serves dependencies first, each once, with what its specifiers mean", async () => {
  const { modules, root, entry } = await build(project({
    "infra.ts":
      `import "./a.ts"; import "./b.ts"; import data from "./d.json" with { type: "json" }; import { nginx } from "pallet/crates/nginx"; import "pallet";`,
    "a.ts": `import "./b.ts";`,
    "b.ts": `import "./a.ts"; await import("./lazy.js");`,
    "lazy.js": "",
    "d.json": "[1]",
  }));
  const names = modules.map((module) => module.url.replace(root, ""));
  assert.deepEqual(names, [
    "lazy.js",
    "b.ts",
    "a.ts",
    "d.json",
    "pallet://crates/nginx/ports.ts",
    "pallet://crates/nginx/mod.ts",
    "infra.ts",
  ]);
  assert.equal(entry, `${root}infra.ts`);
  assert.deepEqual(modules.at(-1)?.imports, {
    "./a.ts": `${root}a.ts`,
    "./b.ts": `${root}b.ts`,
    "./d.json": `${root}d.json`,
    "pallet/crates/nginx": "pallet://crates/nginx/mod.ts",
    "pallet": "pallet:engine",
  });
});

Deno.test("buildGraph() takes types out and leaves every position", async () => {
  const source = `const port: number = 80;\nexport function f<T>(value: T): T {\n  return value as T; }\n`;
  const served = (await sources({ "infra.ts": source }))["infra.ts"] ?? "";
  assert.equal(served.length, source.length);
  assert.equal(served.indexOf("value as"), -1);
  assert.equal(served.indexOf("return value"), source.indexOf("return value"));
});

Deno.test("buildGraph() rewrites enums and parameter properties, with a source map that names the file", async () => {
  const served = await sources({
    "infra.ts": "export enum Color { red = 1 }\nexport class P { constructor(readonly a: number) {} }",
  });
  const map = /base64,(\S+)/.exec(served["infra.ts"] ?? "")?.[1] ?? "";
  assert.match(JSON.parse(atob(map)).sources[0], /\/project\/infra\.ts$/);
  assert.match(served["infra.ts"] ?? "", /this\.a = a/);
});

Deno.test("buildGraph() blanks names that are types only where they are imported unmarked", async () => {
  const served = await sources({
    "infra.ts": `import { GroupSpec, groupSpec, type Action } from "pallet";
import { Options, make as build, Kind } from "./lib.ts"; // Options of it
import Default, { Only } from "./types.ts";
import { Deep } from "./star.ts";
import * as all from "./star.ts";
export const web: GroupSpec = groupSpec("web"), kind = Kind.a, x = build, y = all;
`,
    "lib.ts":
      "export interface Options { a: Only2 }\ntype Only2 = 1;\nexport enum Kind { a }\nexport function make() {}",
    "types.ts": "export type Only = 1;\ninterface Default { a: 1 }\nexport default Default;\n",
    "star.ts": `export * from "./deep.ts";`,
    "deep.ts": "export interface Deep { a: 1 }\nexport const value = 1;",
  });
  assert.equal(
    (served["infra.ts"] ?? "").replace(/ +/g, " "),
    `import { groupSpec, } from "pallet";
import { make as build, Kind } from "./lib.ts"; // Options of it
 ;
 ;
import * as all from "./star.ts";
export const web = groupSpec("web"), kind = Kind.a, x = build, y = all;
`,
  );
  assert.equal(served["types.ts"], undefined);
});

Deno.test("buildGraph() blanks re-exported and listed names that are types only", async () => {
  const served = await sources({
    "infra.ts": `export { Options, make } from "./lib.ts";
import { Options as O, make as m } from "./lib.ts";
interface Local { a: 1 }
type Both = 1;
const Both = 2;
export { Local, Both, O, m };
`,
    "lib.ts": "interface Options { a: 1 }\nfunction make() {}\nexport { Options, make };",
  });
  assert.match(
    trimmed(served["infra.ts"]),
    /^export \{ +make \} from "\.\/lib\.ts";\nimport \{ +make as m \} from/,
  );
  assert.match(served["infra.ts"] ?? "", /export \{ +Both, +m \};/);
  assert.match(served["lib.ts"] ?? "", /export \{ +make \};/);
});

Deno.test("buildGraph() looks a name up once, however many ways lead to it", async () => {
  const depth = 40;
  const layers = Array.from({ length: depth }, (_, at) => [
    [`a${at}.ts`, `export * from "./a${at + 1}.ts"; export * from "./b${at + 1}.ts";`],
    [`b${at}.ts`, `export * from "./a${at + 1}.ts"; export * from "./b${at + 1}.ts";`],
  ]).flat();
  const served = await sources({
    "infra.ts": `import { Deep, value } from "./a0.ts"; export const x: Deep = value;`,
    ...Object.fromEntries(layers),
    [`a${depth}.ts`]: `export * from "./a0.ts"; export interface Deep { a: 1 }`,
    [`b${depth}.ts`]: "export const value = 1;",
  });
  assert.match(served["infra.ts"] ?? "", /^import \{ +value \} from/);
});

Deno.test("buildGraph() keeps a value that a comment calls a type", async () => {
  const served = await sources({
    "infra.ts": "// the type web\nconst { web } = { web: 1 as number };\nexport { web };",
  });
  assert.match(served["infra.ts"] ?? "", /export \{ web \};$/);
});

Deno.test("graphHash changes with any byte of any module, and not with the folder", async () => {
  const files = { "infra.ts": `import "./a.ts";`, "a.ts": "export {};" };
  const first = (await build(project(files))).graphHash;
  assert.equal((await build(project(files))).graphHash, first);
  assert.notEqual((await build(project({ ...files, "a.ts": "export {}; " }))).graphHash, first);
});

Deno.test("buildGraph() answers the same from its cache, a damaged one and none", async () => {
  const files = project({
    "infra.ts": `import { A } from "./a.ts"; export const b: A = 1;`,
    "a.ts": "export type A = 1;",
  });
  const cache = await Deno.makeTempDir();
  const plain = (map: ModuleMap): string =>
    map.graphHash + map.modules.map((one) => one.source.length).join();
  try {
    const first = plain(await build(files, "infra.ts", cache));
    assert.equal(plain(await build(files, "infra.ts", cache)), first);
    let kept = 0;
    for await (const folder of Deno.readDir(cache)) {
      for await (const file of Deno.readDir(join(cache, folder.name))) {
        await Deno.writeTextFile(join(cache, folder.name, file.name), "damaged");
        kept++;
      }
    }
    assert.equal(kept, 2);
    assert.equal(plain(await build(files, "infra.ts", cache)), first);
    assert.equal(plain(await build(files, "infra.ts", "/dev/null/cache")), first);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

const FAILURES: readonly (readonly [name: string, files: Files, expected: RegExp])[] = [
  [
    "a missing module",
    { "infra.ts": `\nimport { a } from "./hlep.ts";`, "help.ts": "" },
    /^infra\.ts:2:19: Cannot import "\.\/hlep\.ts" into infra\.ts: no such file\. Did you mean "help\.ts"\?$/,
  ],
  [
    "a missing module of a module",
    { "infra.ts": `import "./lib/a.ts";`, "lib/a.ts": `import "./b.ts";` },
    /^lib\/a\.ts:1:8: Cannot import "\.\/b\.ts" into lib\/a\.ts: no such file\. /,
  ],
  [
    "a missing infra file",
    {},
    /^Cannot read infra file ".*infra\.ts": no such file\. Name one with --infra FILE\.$/,
  ],
  [
    "a syntax error",
    { "infra.ts": "const a = 1;\nfoo bar baz(" },
    /^infra\.ts:2:5: Syntax error in "infra\.ts": Expected ';'/,
  ],
  ["a wrong type annotation", { "infra.ts": "\nconst a: = 1;" }, /^infra\.ts:2:10: Syntax error/],
  [
    "an open string in JavaScript",
    { "infra.ts": `import "./a.js";`, "a.js": "\nconst x = '\n" },
    /^a\.js:[23]:\d+: Syntax error in "a\.js"/,
  ],
  [
    "broken JSON",
    { "infra.ts": `import d from "./d.json" with { type: "json" };`, "d.json": '{\n "a": x }' },
    /^d\.json:2:7: Syntax error in "d\.json": Unexpected token/,
  ],
  [
    "JSON as code",
    { "infra.ts": `import d from "./d.json";`, "d.json": "1" },
    /^infra\.ts:1:15: .*holds JSON\. Say so after its name: with \{ type: "json" \}\.$/,
  ],
  ["another kind of file", { "infra.ts": `import "./a.css";` }, /it is no \.ts, \.js or \.json file/],
  ["a folder", { "infra.ts": `import "./lib.ts";`, "lib.ts/x": "" }, /it is no regular file/],
  [
    "a module outside",
    { "infra.ts": `import "../secret.ts";` },
    /^infra\.ts:1:8: .*it is outside the project folder\. Only modules below/,
  ],
  [
    "a path that goes out in disguise",
    { "infra.ts": `import "./%2e%2e/secret.ts";` },
    /outside the project folder/,
  ],
  ["an absolute path", { "infra.ts": `import "/etc/x.ts";` }, /it is an absolute path/],
  [
    "a bare name",
    { "infra.ts": `\n\nimport "lodash";` },
    /^infra\.ts:3:8: Cannot import "lodash" into infra\.ts: no module of this name/,
  ],
  [
    "https",
    { "infra.ts": `import "https://example.com/a.ts";` },
    /modules cannot come from https: URLs here/,
  ],
  [
    "npm",
    { "infra.ts": `import "npm:x";` },
    /of npm only .* can be imported, which Pallet has; others expect Node/,
  ],
  [
    "code as JSON",
    { "infra.ts": `import d from "./d.ts" with { type: "json" };`, "d.ts": "export {};" },
    /^infra\.ts:1:15: .*it is imported as JSON and holds code\. Leave out with/,
  ],
  ["node", { "infra.ts": `export * from "node:fs";` }, /^infra\.ts:1:15: Cannot import "node:fs"/],
  [
    "a computed import",
    { "infra.ts": `\nawait import("./" + name);` },
    /^infra\.ts:2:14: Cannot import a computed specifier/,
  ],
  ["a template import", { "infra.ts": "const x = 1; await import(`./${x}.ts`);" }, /a computed specifier/],
  [
    "an unknown crate",
    { "infra.ts": `import "pallet/crates/ngnix";` },
    /Known crates: evil, nginx\. Did you mean "nginx"\?/,
  ],
  [
    "a crate's module that is not its own",
    { "infra.ts": `import "pallet/crates/evil";` },
    /^pallet:\/\/crates\/evil\/mod\.ts:1:22: .*it is outside the crate/,
  ],
  [
    "a part of the engine",
    { "infra.ts": `import "pallet/run";` },
    /there is no such module\. Import "pallet" or/,
  ],
  [
    "a name that pallet has not",
    { "infra.ts": `import { grupSpec } from "pallet"; grupSpec();` },
    /^infra\.ts:1:26: .*no value "grupSpec"\. Did you mean "groupSpec"\?/,
  ],
];

for (const [name, files, expected] of FAILURES) {
  Deno.test(`buildGraph() refuses ${name}`, async () => {
    assert.match(await failure(files), expected);
  });
}

Deno.test("buildGraph() refuses a symbolic link that leads out of the project", async () => {
  await withProject({ "project/infra.ts": `import "./a.ts";`, "secret.ts": "" }, async (folder) => {
    await Deno.symlink(join(folder, "secret.ts"), join(folder, "project/a.ts"));
    const building = buildGraph(join(folder, "project/infra.ts"), { palletExports: [] });
    await assert.rejects(
      building,
      /Cannot import "\.\/a\.ts" into infra\.ts: it is outside the project folder/,
    );
  });
});

Deno.test("buildGraph() asks other sources too", async () => {
  await withProject({ "infra.ts": `import { a } from "https://crates.test/mod.ts";` }, async (folder) => {
    const web = "https://crates.test/";
    const { modules } = await buildGraph(join(folder, "infra.ts"), {
      palletExports: [],
      sources: [{
        resolve: (specifier, importer) =>
          specifier.startsWith(web) || importer.startsWith(web)
            ? new URL(specifier, importer).href
            : undefined,
        owns: (url) => url.startsWith(web),
        read: (url) =>
          Promise.resolve({
            kind: "ts",
            bytes: new TextEncoder().encode(
              url.endsWith("/mod.ts") ? `export * from "./a.ts";` : "export const a = 1;",
            ),
          }),
      }],
    });
    assert.deepEqual(modules.map((one) => one.url).slice(0, 2), [`${web}a.ts`, `${web}mod.ts`]);
  });
});
