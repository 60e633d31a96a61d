import assert from "node:assert/strict";
import { pallet } from "../tests/support/process.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-init-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("pallet init makes a project in a new folder, names its files and what to do next", async () => {
  await inFolder(async (cwd) => {
    const { status, out, err } = await pallet(["init", "new/my shop"], { cwd });
    assert.deepEqual([status, out], [0, ""]);
    assert.match(err, /Made infra\.ts, pallet\.yaml, deno\.json, tsconfig\.json in .*\/new\/my shop\n/);
    assert.match(err, /Next:\n {2}cd 'new\/my shop'\n {2}pallet plan /);
    const ignored = await Deno.readTextFile(`${cwd}/new/my shop/.pallet/.gitignore`);
    assert.equal(ignored, "*\n", "what can be made anew is not kept in version control");
  });
});

Deno.test("a project of pallet init plans without any change", async () => {
  await inFolder(async (cwd) => {
    assert.equal((await pallet(["init"], { cwd })).status, 0);
    const groups = await pallet(["groups", "--json"], { cwd });
    assert.equal(groups.status, 0, groups.err);
    assert.match(groups.out, /"name":\s*"web"/);
    const { status, out, err } = await pallet(
      ["explain", "web", "--phase", "configure", "--os", "debian-12"],
      {
        cwd,
      },
    );
    assert.equal(status, 0, err);
    assert.match(out, /remoteFile \/srv\/hello\/index\.html/);
  });
});

Deno.test("pallet init keeps what is there, and names it", async () => {
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/infra.ts`, "export {};\n");
    await Deno.writeTextFile(
      `${cwd}/deno.json`,
      '{\n  // mine\n  "imports": { "pallet": "../engine.ts" }\n}\n',
    );
    const { status, err } = await pallet(["init"], { cwd });
    assert.equal(status, 0);
    assert.match(err, /Made pallet\.yaml, tsconfig\.json in /);
    assert.match(err, /Kept infra\.ts\n/);
    assert.match(err, /Kept deno\.json, and added names for editors to it\n/);
    assert.equal(await Deno.readTextFile(`${cwd}/infra.ts`), "export {};\n");
    const deno = await Deno.readTextFile(`${cwd}/deno.json`);
    assert.match(
      deno,
      /^\{\n {2}\/\/ mine\n {2}"imports": \{ "pallet": "\.\.\/engine\.ts", "pallet\/crates\//,
    );
    const again = await pallet(["init", "--json"], { cwd });
    assert.deepEqual(JSON.parse(again.out).made, []);
    assert.equal(await Deno.readTextFile(`${cwd}/deno.json`), deno);
  });
});

Deno.test("pallet init says why it cannot make a project", async () => {
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/file`, "");
    const { status, err } = await pallet(["init", "file"], { cwd });
    assert.equal(status, 2);
    assert.match(err, /Cannot make folder ".*\/file": /);
    await Deno.writeTextFile(`${cwd}/deno.json`, '{ "imports": ');
    const broken = await pallet(["init"], { cwd });
    assert.equal(broken.status, 2);
    assert.match(broken.err, /Cannot read the import map ".*\/deno\.json": .*\n {2}at deno\.json:1:14\n/);
  });
});

Deno.test("pallet types makes what editors need of an infra file alone, and mends what was changed", async () => {
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/infra.ts`, "export {};\n");
    await Deno.writeTextFile(`${cwd}/tsconfig.json`, "{}\n");
    const first = await pallet(["types"], { cwd });
    assert.equal(first.status, 0, first.err);
    assert.match(first.err, /Made deno\.json\nWrote \d+ files of types in \.pallet\n/);
    assert.match(first.err, /add to tsconfig\.json: "extends": "\.\/\.pallet\/tsconfig\.json"/);
    await Deno.writeTextFile(`${cwd}/.pallet/types/pallet.d.ts`, "stale");
    await Deno.writeTextFile(`${cwd}/.pallet/types/crates/gone.d.ts`, "stale");
    await Deno.writeTextFile(`${cwd}/tsconfig.json`, '{ "extends": "./.pallet/tsconfig.json" }\n');
    assert.equal((await pallet(["types"], { cwd })).err, "Wrote 2 files of types in .pallet\n");
    assert.equal((await pallet(["types"], { cwd })).err, "Types in .pallet are as they should be\n");
    assert.equal(await Deno.stat(`${cwd}/.pallet/types/crates/gone.d.ts`).catch(() => undefined), undefined);
  });
});
