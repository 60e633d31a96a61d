// Links between pages lead somewhere: to a file that is there, and to a heading that it has; and to every page.
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

async function allPages(): Promise<readonly string[]> {
  const pages = [join(ROOT, "README.md")];
  for (const folder of ["docs", "crates", "providers", "plugins"]) {
    for await (const page of pagesIn(join(ROOT, folder))) pages.push(page);
  }
  return pages;
}

/** Links of a page to others of ours, as they stand there. */
async function linksOf(page: string): Promise<readonly string[]> {
  return [...prose(await Deno.readTextFile(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

Deno.test("links between pages lead somewhere", async () => {
  const wrong: string[] = [];
  for (const page of await allPages()) {
    for (const link of await linksOf(page)) {
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

Deno.test("every page can be reached from README.md", async () => {
  const unseen = new Set(await allPages());
  const next = [join(ROOT, "README.md")];
  for (let page = next.pop(); page !== undefined; page = next.pop()) {
    if (!unseen.delete(page)) continue;
    for (const link of await linksOf(page)) next.push(join(dirname(page), link.replace(/#.*/, "")));
  }
  assert.deepEqual([...unseen].map((page) => relative(ROOT, page)), []);
});
