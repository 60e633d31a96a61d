// A disk that is soon full; only root may mount one.
import assert from "node:assert/strict";

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/**
 * Runs a body with a file system of so many bytes in place of a folder.
 *
 * @param body is given what fills it to the last byte, and answers with the file that does.
 */
export async function withSmallDisk(
  folder: string,
  size: string,
  body: (fill: () => Promise<string>) => Promise<void>,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder);
  try {
    await body(async () => {
      const path = `${folder}/large`;
      await Deno.writeFile(path, new Uint8Array(4 << 20)).catch(() => {});
      return path;
    });
  } finally {
    await run("umount", "--lazy", folder);
  }
}
