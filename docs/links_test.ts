// Links between pages lead somewhere: to a file that is there, and to a heading that it has.
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";

const ROOT = new URL("../", import.meta.url).pathname;

async function* pagesIn(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* pagesIn(path);
    else if (path.endsWith(".md")) yield path;
  }
}

/** A heading as the anchor that it gets: lower case, spaces as dashes, no other signs. */
function anchor(heading: string): string {
  return heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").trim().toLowerCase().replaceAll(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");
}

/** A page without its code. */
function prose(page: string): string {
  return page.replaceAll(/^```[\s\S]*?^```/gm, "");
}

Deno.test("links between pages lead somewhere", async () => {
  const pages = [join(ROOT, "README.md")];
  for (const folder of ["docs", "crates", "providers"]) {
    for await (const page of pagesIn(join(ROOT, folder))) pages.push(page);
  }
  const wrong: string[] = [];
  for (const page of pages) {
    for (const [, link = ""] of prose(await Deno.readTextFile(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = "", fragment] = link.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      const text = await Deno.readTextFile(file).catch((error) =>
        error instanceof Deno.errors.IsADirectory ||
          error instanceof Error && "code" in error && error.code === "EISDIR"
          ? ""
          : undefined
      );
      const headings = [...prose(text ?? "").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
        anchor(heading)
      );
      if (text === undefined || (fragment !== undefined && !headings.includes(fragment))) {
        wrong.push(`${relative(ROOT, page)}: ${link}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});
