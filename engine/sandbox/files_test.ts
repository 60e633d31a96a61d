import assert from "node:assert/strict";
import { join } from "node:path";
import { PalletError } from "../errors.ts";
import { withProject } from "../modules/fixture.ts";
import { readProjectFile } from "./files.ts";

const FILES = {
  "project/a.txt": "one\n",
  "project/sub/b.txt": "two",
  "project2/c.txt": "near",
  "out.txt": "far",
};

async function refused(root: string, path: string, expected: RegExp): Promise<void> {
  await assert.rejects(
    readProjectFile(root, path),
    (error) => error instanceof PalletError && expected.test(error.message) && !error.message.includes(root),
  );
}

Deno.test("readProjectFile() reads regular files of the project, in folders and through links that stay inside", async () => {
  await withProject(FILES, async (folder) => {
    const root = join(folder, "project");
    await Deno.symlink("sub/b.txt", join(root, "link.txt"));
    assert.equal(await readProjectFile(root, "a.txt"), "one\n");
    assert.equal(await readProjectFile(root, "./sub/../sub/b.txt"), "two");
    assert.equal(await readProjectFile(root, "link.txt"), "two");
  });
});

Deno.test("readProjectFile() refuses all else, and says it without the folder's path", async () => {
  await withProject(FILES, async (folder) => {
    const root = join(folder, "project");
    await Deno.symlink("../out.txt", join(root, "out"));
    await Deno.symlink("loop", join(root, "loop"));
    await Deno.writeFile(join(root, "binary"), new Uint8Array([0xff, 0xfe]));
    await Deno.truncate(join(root, "a.txt"), 17 * 1024 * 1024);
    await refused(root, "../out.txt", /outside the project folder/);
    await refused(root, "../project2/c.txt", /outside the project folder/);
    await refused(root, "out", /outside the project folder/);
    await refused(root, "loop", /Cannot read project file "loop"/);
    await refused(root, "/etc/passwd", /no relative path/);
    await refused(root, "a\0.txt", /no relative path/);
    await refused(root, "sub", /no regular file/);
    await refused(root, "none.txt", /no such file/);
    await refused(root, "binary", /not UTF-8/);
    await refused(root, "a.txt", /larger than 16 MiB/);
  });
});
