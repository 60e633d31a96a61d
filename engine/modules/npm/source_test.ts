import assert from "node:assert/strict";
import { join } from "node:path";
import deno from "../../../deno.json" with { type: "json" };
import { PalletError } from "../../errors.ts";
import { withProject } from "../fixture.ts";
import { loadGraph } from "../project.ts";
import { packages, readInstalled } from "./packages.ts";
import { npmSource, urlOf } from "./source.ts";

/** The graph of an infra file that may fetch nothing and lock nothing. */
function graphOf(folder: string) {
  return loadGraph(join(folder, "infra.ts"), { palletExports: [] }, {
    cacheDir: "",
    frozen: true,
    offline: true,
  });
}

async function refusal(files: Readonly<Record<string, string>>): Promise<string> {
  return await withProject(files, async (folder) => {
    const error = await graphOf(folder).then(() => undefined, (thrown) => thrown);
    assert.ok(error instanceof PalletError, Deno.inspect(error));
    return `${error.message} | ${error.help}`;
  });
}

Deno.test("packages of npm are those that deno.json pins, and their modules are where they are said to be", async () => {
  const imports: Readonly<Record<string, string>> = deno.imports;
  for (const [name, { version, entry, types }] of packages) {
    assert.equal(imports[name], `npm:${name}@${version}`);
    for (const path of [entry, types]) assert.ok(await readInstalled(name, path), `${name}: ${path}`);
  }
});

Deno.test("packages of npm are imported by ranges, by names, and by modules from everywhere, once", async () => {
  const files = {
    "infra.ts": `import * as a from "npm:valibot@^1";
import * as b from "valibot";
import { c } from "./c.ts";
import { parse } from "npm:/yaml";
export { a, b, c, parse };`,
    "c.ts": `export * as c from "npm:valibot@>=1.2 <2";`,
    "deno.json": `{ "imports": { "valibot": "npm:valibot@1" } }`,
  };
  await withProject(files, async (folder) => {
    const { modules } = await graphOf(folder);
    const valibot = urlOf("valibot", packages.get("valibot")?.version ?? "", "dist/index.mjs");
    assert.deepEqual(modules.filter(({ url }) => url.includes("valibot")).map(({ url }) => url), [valibot]);
    assert.deepEqual(Object.values(modules.at(-1)?.imports ?? {}).slice(0, 2), [valibot, valibot]);
    assert.ok(modules.some(({ url }) => url.endsWith("/browser/dist/errors.js")), "with what they import");
  });
});

Deno.test("other packages of npm, versions and parts are refused with what there is", async () => {
  const { version = "" } = packages.get("valibot") ?? {};
  const cases: readonly (readonly [specifier: string, expected: RegExp])[] = [
    [
      "npm:left-pad@1",
      /of npm only croner .* and yaml \S+ can be imported.*others expect Node.* by its https: URL/,
    ],
    ["npm:valibott", /Did you mean "valibot"\?/],
    ["npm:", /of npm only/],
    [
      "npm:valibot@^0.30",
      new RegExp(`Pallet has valibot ${version}, .*range "\\^0\\.30".*"npm:valibot@\\^${version}"`),
    ],
    ["npm:valibot@beta", /not in the range "beta"/],
    ["npm:yaml@2/util", /parts of a package cannot be imported/],
    [urlOf("valibot", version, "dist/index.mjs"), /modules cannot come from pallet: URLs/],
  ];
  for (const [specifier, expected] of cases) {
    assert.match(await refusal({ "infra.ts": `import "${specifier}";` }), expected);
  }
  const mapped = { "infra.ts": `import "pad";`, "deno.json": `{ "imports": { "pad": "npm:left-pad" } }` };
  assert.match(await refusal(mapped), /^Cannot import "pad" \(npm:left-pad\) into infra\.ts: of npm only/);
});

Deno.test("declarations lead to declarations, and a package leads to nothing but its own files", () => {
  const source = npmSource();
  const from = urlOf("yaml", "2.9.1", "dist/index.d.ts");
  for (const path of ["./doc/Document", "./doc/Document.js", "./doc/Document.d.ts"]) {
    assert.equal(source.resolve(path, from), urlOf("yaml", "2.9.1", "dist/doc/Document.d.ts"));
  }
  const code = urlOf("yaml", "2.9.1", "browser/index.js");
  assert.equal(source.resolve("./dist/index.js", code), urlOf("yaml", "2.9.1", "browser/dist/index.js"));
  for (const away of ["../../../diff@9.0.0/x.js", "process", "file:///etc/passwd"]) {
    assert.equal(source.resolve(away, code), undefined);
  }
});
