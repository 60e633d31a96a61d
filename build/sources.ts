import { createHash } from "node:crypto";
import { join } from "node:path";
import { filesBelow } from "./program_files.ts";
import { ROOT } from "./run.ts";

const FOLDERS = ["build", "cli", "crates", "engine", "providers", "plugins"];
const FILES = ["deno.json", "deno.lock", "main.ts"];

/** SHA-256 over all that an executable is made from: it is stale when this has changed. */
export async function sourcesHash(): Promise<string> {
  const hash = createHash("sha256").update(`deno ${Deno.version.deno}\n`);
  const below = await Promise.all(FOLDERS.map(async (folder) => {
    const names = await filesBelow(join(ROOT, folder)).catch(() => []);
    return names.filter((name) => !name.endsWith("_test.ts")).map((name) => `${folder}/${name}`);
  }));
  for (const name of [...FILES, ...below.flat()]) {
    const bytes = await Deno.readFile(join(ROOT, name));
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}
