// Images are made by command of files and machines, and are multi-attach from the first on.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { onCommandLine, onStage, storeOf } from "./support/virtualbox.ts";
import { palletCommand } from "./support/process.ts";

/** A disk of two sectors, the first of which ends as one does that machines boot from. */
const RAW = new Uint8Array(1024);
RAW.set([0x55, 0xaa], 510);

/** The same, packed by xz. */
const PACKED =
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AP/AA9dAABv/f6jTaaK9F+RiV0CAAAAsN7fIEuuAdAAASuACAAAAFW5bNqxxGf7AgAAAAAEWVo=";

async function tar(folder: string, archive: string, ...files: readonly string[]): Promise<void> {
  const args = ["-cf", archive, ...files];
  const { success } = await new Deno.Command("tar", { args, cwd: folder }).output();
  assert.ok(success);
}

Deno.test("images are made of raw disks, disks and archives, told apart by what they hold", () =>
  onStage({}, async (stage) => {
    const { folder, standIn, disk } = stage;
    const path = (name: string) => join(folder, name);
    await Deno.writeFile(path("cloud.img"), RAW);
    await Deno.writeFile(path("cloud.img.gz"), gzipSync(RAW));
    await Deno.writeFile(path("cloud.img.xz"), Uint8Array.fromBase64(PACKED));
    await Deno.writeFile(path("half.xz"), Uint8Array.fromBase64(PACKED).subarray(0, 40));
    await Deno.writeTextFile(path("page.img"), "<p>Not found</p>");
    await Deno.writeTextFile(path("cloud.zip"), "PK\x03\x04");
    for (const name of ["box-disk1.vmdk", "disk.vhd"]) await Deno.copyFile(disk, path(name));
    await tar(folder, "one.ova", "box-disk1.vmdk");
    await tar(folder, "two.ova", "box-disk1.vmdk", "disk.vhd");
    await Deno.writeFile(path("a.box"), gzipSync(await Deno.readFile(path("one.ova"))));
    await tar(folder, "none.ova", "models");
    const store = await storeOf(stage);
    const content = async (name: string, file: string) =>
      await Deno.readFile(await store.add({ name, os: "debian-12" }, path(file)));
    const whole = await Deno.readFile(disk);
    assert.deepEqual(await content("raw", "cloud.img"), RAW);
    assert.deepEqual(await content("gzip", "cloud.img.gz"), RAW);
    assert.deepEqual(await content("xz", "cloud.img.xz"), RAW);
    assert.deepEqual(await content("vmdk", "box-disk1.vmdk"), whole);
    assert.deepEqual(await content("ova", "one.ova"), whole);
    assert.deepEqual(await content("box", "a.box"), whole);
    await assert.rejects(content("two", "two.ova"), /There are 2 disks in/);
    await assert.rejects(content("none", "none.ova"), /There is no disk in/);
    await assert.rejects(content("half", "half.xz"), /Cannot unpack .*half\.xz by xz: /);
    await assert.rejects(content("page", "page.img"), /page\.img is no disk: nothing in it/);
    await assert.rejects(content("zip", "cloud.zip"), /cloud\.zip is packed by zip/);
    await assert.rejects(content("raw", "cloud.img"), /There is an image "raw" already/);
    const { media } = await standIn.read();
    assert.deepEqual(
      media.map(({ type, location }) => [type, location.replace(/^.*\//, "")]).sort(),
      ["box.vdi", "debian.vdi", "gzip.vdi", "ova.vdi", "raw.vdi", "vmdk.vdi", "xz.vdi"].map((
        name,
      ) => ["multiattach", name]),
    );
  }));

Deno.test("an image is fetched by its address, and its hash has to be the one that was told", () =>
  onStage({}, async (stage) => {
    const replies: Readonly<Record<string, () => Response>> = {
      "/cloud.img": () => new Response(RAW),
      "/page": () => new Response("<p>downloads</p>", { headers: { "content-type": "text/html" } }),
    };
    const gone = () => new Response("gone", { status: 404 });
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => (replies[new URL(request.url).pathname] ?? gone)(),
    );
    const at = (path: string) => `http://127.0.0.1:${server.addr.port}/${path}`;
    const store = await storeOf(stage);
    const image = { name: "cloud", os: "debian-12" };
    const hash = createHash("sha256").update(RAW).digest("hex");
    await assert.rejects(store.add(image, at("cloud.img"), "00".repeat(32)), {
      message: `${at("cloud.img")} has the SHA-256 ${hash}, not ${"00".repeat(32)}`,
    });
    await assert.rejects(store.add(image, at("page")), /status 200, a web page and no disk/);
    await assert.rejects(store.add(image, at("other")), /status 404/);
    assert.deepEqual(await Deno.readFile(await store.add(image, at("cloud.img"), hash.toUpperCase())), RAW);
  }));

Deno.test("fault 44: an OVA whose import was killed is imported by the next command, and nothing is left of the first", () =>
  onStage({}, async (stage) => {
    const { folder, standIn, disk } = stage;
    await Deno.copyFile(disk, join(folder, "box-disk1.vmdk"));
    await tar(folder, "one.ova", "box-disk1.vmdk");
    // VirtualBox goes on with what it was asked for, also when its asker is gone: half of the disk is there by then.
    await standIn.fail({ command: ["clonemedium"], times: 1, pause: 3 });
    const [program = "", ...first] = palletCommand;
    await Deno.writeTextFile(
      join(folder, "pallet.yaml"),
      `services:\n  box: { provider: virtualbox, vboxmanage: ${standIn.program} }\n`,
    );
    const dying = new Deno.Command(program, {
      args: [...first, "image", "add", "one", "--os", "debian-12", "--from", "one.ova"],
      cwd: folder,
      env: { XDG_CONFIG_HOME: "/nonexistent", XDG_STATE_HOME: join(folder, "kept") },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const models = join(folder, "kept/pallet/providers/virtualbox/models");
    const half = join(models, ".adding-one/made.vdi");
    const until = Date.now() + 20_000;
    while (!(await Deno.readTextFile(join(standIn.folder, "calls"))).includes('["clonemedium",')) {
      assert.ok(Date.now() < until, "it never came to the disk");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await Deno.writeTextFile(half, "half a disk");
    await standIn.run("showmediuminfo", "disk", half);
    dying.kill("SIGKILL");
    await dying.status;
    const again = await onCommandLine(stage, "image", "add", "one", "--os", "debian-12", "--from", "one.ova");
    assert.equal(again.status, 0, again.err);
    assert.equal(await Deno.readTextFile(again.out.trim()), await Deno.readTextFile(disk));
    const names = (await Array.fromAsync(Deno.readDir(models))).map(({ name }) => name).sort();
    assert.deepEqual(names, ["one.json", "one.lock", "one.vdi"]);
    const { media } = await standIn.read();
    assert.deepEqual(media.map(({ location }) => location).sort(), [disk, join(models, "one.vdi")].sort());
  }));

Deno.test("an import that VirtualBox refuses leaves nothing, and says the command and VirtualBox's words", () =>
  onStage({}, async (stage) => {
    const { folder, standIn, disk } = stage;
    await standIn.fail({
      command: ["clonemedium"],
      times: 1,
      stderr:
        "VBoxManage: error: Failed to clone medium\nVBoxManage: error: Could not write: VERR_DISK_FULL\n",
    });
    const store = await storeOf(stage);
    const image = { name: "one", os: "debian-12" };
    await assert.rejects(
      store.add(image, disk),
      /VBoxManage clonemedium disk .* failed: Failed to clone medium Could not write: VERR_DISK_FULL/,
    );
    const names = (await Array.fromAsync(Deno.readDir(join(folder, "state/models")))).map(({ name }) => name);
    assert.deepEqual(names, ["one.lock"]);
    await store.add(image, disk);
  }));

Deno.test("an image of a machine is its disk, merged, when it is off; pallet image list says who shares it", () =>
  onStage({}, async (stage) => {
    const box = await stage.open();
    const [result] = await stage.make(box, ["base-1"]);
    assert.ok(result !== undefined && "node" in result);
    const said: string[] = [];
    const store = await storeOf(stage, said);
    const create = () => store.fromMachine({ name: "mine", os: "debian-12" }, "base-1");
    await assert.rejects(create(), /Machine "base-1" is running: its disk is in use/);
    await box.stop([result.node]);
    await stage.standIn.run("snapshot", "base-1", "take");
    const disk = await create();
    assert.deepEqual(said, ["merging what its differences hold"]);
    const medium = (await stage.standIn.read()).media.find(({ location }) => location === disk);
    assert.deepEqual([medium?.type, medium?.parent], ["multiattach", undefined]);
    const list = await onCommandLine(stage, "image", "list", "--json");
    const rows: { id: string; type: string; usedBy: string[]; capacity: number }[] = JSON.parse(list.out);
    assert.deepEqual(rows.map(({ id, type, usedBy, capacity }) => [id, type, usedBy, capacity]), [
      ["debian", "multiattach", ["base-1"], 10240],
    ]);
  }));

Deno.test("pallet image add makes an image of the service, pallet image is about services of VirtualBox alone", () =>
  onStage({}, async (stage) => {
    await Deno.writeFile(join(stage.folder, "cloud.img"), RAW);
    const added = await onCommandLine(
      stage,
      "image",
      "add",
      "cloud",
      "--os",
      "debian-12",
      "--from",
      "cloud.img",
    );
    assert.equal(added.status, 0, added.err);
    assert.match(added.err, /^sha256 [0-9a-f]{64}$/m);
    const listed = await onCommandLine(stage, "image", "list");
    assert.match(listed.out, /^cloud +debian 12 +multiattach +10240 /m);
    const other = await onCommandLine(stage, "image", "list", "--service", "localhost");
    assert.equal(other.status, 2);
    assert.match(
      other.err,
      /Service "localhost" is of provider "localhost": this command is about images of VirtualBox/,
    );
  }));
