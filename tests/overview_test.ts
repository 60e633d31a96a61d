// What the overviews of the project say, against what there is.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fromFileUrl } from "../engine/modules/paths.ts";

const root = fromFileUrl(new URL("../", import.meta.url).href);
const read = (path: string) => Deno.readTextFile(join(root, path));

async function guides(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(join(root, "docs/guides"))) found.push(`guides/${name}`);
  return found.sort();
}

Deno.test("README.md names every dependency of deno.json", async () => {
  const text = await read("README.md");
  const { imports } = JSON.parse(await read("deno.json")) as { readonly imports: Record<string, string> };
  const names = Object.entries(imports).filter(([name, to]) =>
    to.startsWith("npm:") && !name.endsWith("/") && !name.startsWith("@types/")
  )
    .map(([name]) => name);
  const missing = names.filter((name) =>
    !text.includes(`[${name}]`) && !text.includes(`\`${name}\``) &&
    !text.includes(`\`${name.replace("@aws-sdk/client", "")}\``)
  );
  assert.deepEqual(missing, []);
});

Deno.test("docs/README.md lists every guide", async () => {
  const text = await read("docs/README.md");
  assert.deepEqual((await guides()).filter((path) => !text.includes(`](${path})`)), []);
});

Deno.test("links between the pages lead to files", async () => {
  const pages = [
    "README.md",
    "docs/README.md",
    "docs/tutorial.md",
    ...(await guides()).map((path) => `docs/${path}`),
  ];
  const dead: string[] = [];
  for (const page of pages) {
    for (const [, to = ""] of (await read(page)).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(to)) continue;
      const there = await Deno.stat(join(root, dirname(page), to)).then(() => true, () => false);
      if (!there) dead.push(`${page}: ${to}`);
    }
  }
  assert.deepEqual(dead, []);
});
