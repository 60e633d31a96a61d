// `deno task docs`: writes docs/reference from the code. A test holds the two together.
import { readLibrary } from "./generator/library.ts";
import { modules, pages } from "./generator/pages.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Folder of the generated pages. */
export const reference = new URL("reference/", import.meta.url);

/** A page as `deno fmt` would have it. */
async function formatted(name: string, text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", name.slice(name.lastIndexOf(".") + 1), "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`Cannot format a page: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** All pages of the reference, as they should be, by file name. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const made = await pages(await readLibrary(modules));
  const entries = await Promise.all(
    [...made].map(async ([name, text]) => [name, await formatted(name, text)] as const),
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
