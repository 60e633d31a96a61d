// What the overviews of the project say, against what there is.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fromFileUrl } from "../engine/modules/paths.ts";

const root = fromFileUrl(new URL("../", import.meta.url).href);
const read = (path: string) => Deno.readTextFile(join(root, path));

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
  const guides = [...Deno.readDirSync(join(root, "docs/guides"))].map(({ name }) => name).sort();
  assert.deepEqual(guides.filter((name) => !text.includes(`](guides/${name})`)), []);
});
