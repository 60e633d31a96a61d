// `deno task docs`: writes docs/reference from the code. A test holds the two together.
import { formatted } from "../build/format.ts";
import { readLibrary } from "./generator/library.ts";
import { modules, pages } from "./generator/pages.ts";

/** Folder of the generated pages. */
export const reference = new URL("reference/", import.meta.url);

/** All pages of the reference, as they should be, by file name. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const made = await pages(await readLibrary(modules));
  const entries = await Promise.all(
    [...made].map(async ([name, text]) =>
      [name, await formatted(text, name.slice(name.lastIndexOf(".") + 1))] as const
    ),
  );
  return new Map(entries);
}

if (import.meta.main) {
  await Deno.mkdir(reference, { recursive: true });
  for (const [name, text] of await generate()) {
    await Deno.writeTextFile(new URL(name, reference), text);
    console.log(`docs/reference/${name}`);
  }
}
