import { join } from "node:path";
import type { Helper } from "./helper.ts";
import type { LabImage } from "./images.ts";

/** Folder of an image in the cache; built when it is not there. */
export async function ensureImage(
  helper: Helper,
  cacheDir: string,
  image: LabImage,
  proxy: string | undefined,
  signal?: AbortSignal,
): Promise<string> {
  const folder = join(cacheDir, "images", image.key);
  if (await Deno.stat(folder).then(() => true, () => false)) return folder;
  await helper.run(`image-${image.kind}`, [folder, proxy ?? "", ...image.build], signal);
  return folder;
}
