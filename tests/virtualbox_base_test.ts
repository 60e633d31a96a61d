// The disk that nodes share is never written to and never removed, however it was registered.
import assert from "node:assert/strict";
import { made, makeForeign, onStage, type Stage } from "./support/virtualbox.ts";
import { versions } from "./support/vboxmanage/standin.ts";

async function bytes(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}

async function typeOf({ standIn }: Stage, path: string): Promise<string | undefined> {
  return (await standIn.read()).media.find(({ location }) => location === path)?.type;
}

for (const version of versions) {
  for (
    const type of version === versions[0] ? ["normal"] : ["normal", "multiattach", "immutable", "unknown"]
  ) {
    Deno.test(`check 95: VirtualBox ${version}: a base registered as ${type} ends byte-identical`, () =>
      onStage({ version, type }, async (stage) => {
        const before = await bytes(stage.disk);
        // One after the other: the second gets its difference while the first runs, and holds the base.
        const box = await stage.open({ parallel: 1 });
        const nodes = made(await stage.make(box, ["web-1", "web-2"]));
        assert.equal(await typeOf(stage, stage.disk), "multiattach");
        const { media } = await stage.standIn.read();
        const base = media.find(({ location }) => location === stage.disk);
        const differences = media.filter(({ parent }) => parent === base?.uuid);
        assert.equal(differences.length, 2);
        for (const { location } of differences) {
          assert.ok(
            nodes.some(({ extra }) => location.startsWith(`${extra?.["folder"]}/`)),
            `${location} is in the folder of its node`,
          );
          assert.match(await Deno.readTextFile(location), /booted as web-/);
        }
        assert.equal(await bytes(stage.disk), before);
        await box.destroy(nodes);
        assert.deepEqual(await box.nodes(), []);
        assert.equal(await bytes(stage.disk), before);
        const left = await stage.standIn.read();
        assert.deepEqual(left.machines, []);
        assert.deepEqual(left.media.map(({ location }) => location), [stage.disk]);
        for (const { extra } of nodes) await assert.rejects(Deno.stat(String(extra?.["folder"])));
      }));
  }
}

Deno.test("a base that another machine has attached as normal is not used, and that machine is named", () =>
  onStage({ type: "normal" }, async (stage) => {
    const { standIn, disk, open, make } = stage;
    await makeForeign(stage, "mine");
    await standIn.run("storagectl", "mine", "--name", "SATA", "--add", "sata");
    await standIn.run(
      ..."storageattach mine --storagectl SATA --port 0 --device 0 --type hdd --medium".split(" "),
      disk,
    );
    const box = await open();
    const [result] = await make(box, ["web-1"]);
    assert.ok(result !== undefined && "error" in result);
    assert.match(result.error, /attaching its disk: Cannot make nodes of disk .*attached as normal to mine/);
    assert.match(result.help ?? "", /is removed/);
    assert.deepEqual((await standIn.read()).machines.map(({ name }) => name), ["mine"]);
  }));

Deno.test("a base that VirtualBox leaves normal although it was told otherwise is not attached", () =>
  onStage({ type: "normal" }, async ({ standIn, open, make }) => {
    // Succeeds without doing anything: ordered, as no version is known to do so.
    await standIn.fail({ command: ["modifymedium"], times: 1, stderr: "", status: 0 });
    const box = await open();
    const [result] = await make(box, ["web-1"]);
    assert.ok(result !== undefined && "error" in result);
    assert.match(
      result.error,
      /is normal although VirtualBox was told to make it multi-attach; it is not attached/,
    );
    const calls = await standIn.calls();
    assert.ok(!calls.some(([command, ...words]) => command === "storageattach" && words.includes("hdd")));
  }));

Deno.test("a base on VirtualBox's own list, where none is multi-attach, is taken off it", () =>
  onStage({ type: "normal" }, async ({ standIn, disk, open, make }) => {
    await standIn.fail({
      command: ["modifymedium"],
      times: 1,
      stderr:
        `VBoxManage: error: Cannot change type for medium '${disk}': the media type 'MultiAttach' can only be used on media registered with a machine that was created with VirtualBox 4.0 or later\n`,
    });
    const before = await bytes(disk);
    made(await make(await open(), ["web-1"]));
    const calls = (await standIn.calls()).filter((words) => words.includes(disk)).map(([command]) => command);
    assert.deepEqual(calls, [
      ...["showmediuminfo", "modifymedium", "closemedium", "modifymedium", "showmediuminfo", "storageattach"],
    ]);
    assert.equal(await bytes(disk), before);
  }));

Deno.test("a base that others hang on is not taken off VirtualBox's own list", () =>
  onStage({ type: "normal" }, async ({ standIn, disk, open, make }) => {
    const box = await open();
    await box.images();
    await standIn.run("showmediuminfo", "disk", disk);
    await standIn.change((state) => {
      const base = state.media.find(({ location }) => location === disk);
      assert.ok(base !== undefined);
      const location = `${disk}.difference.vdi`;
      state.media.push({ ...base, uuid: crypto.randomUUID(), location, parent: base.uuid });
    });
    await standIn.fail({
      command: ["modifymedium"],
      times: 1,
      stderr:
        `VBoxManage: error: Cannot change type for medium '${disk}': the media type 'MultiAttach' can only be used on media registered with a machine that was created with VirtualBox 4.0 or later\n`,
    });
    const [result] = await make(box, ["web-1"]);
    assert.ok(result !== undefined && "error" in result);
    assert.match(result.error, /Cannot make disk .* multi-attach, and never attaches it otherwise/);
    assert.ok(!(await standIn.calls()).some(([command]) => command === "closemedium"));
  }));

Deno.test("a disk that is a difference to another is no base, whatever VirtualBox lets be done with it", () =>
  onStage({ type: "normal" }, async ({ standIn, disk, open, make }) => {
    await standIn.run("showmediuminfo", "disk", disk);
    await standIn.change((state) => {
      const own = state.media.find(({ location }) => location === disk);
      assert.ok(own !== undefined);
      const whole = { ...own, uuid: crypto.randomUUID(), location: `${disk}.whole.vdi` };
      state.media.push(whole);
      own.parent = whole.uuid;
    });
    const [result] = await make(await open(), ["web-1"]);
    assert.ok(result !== undefined && "error" in result);
    assert.match(result.error, /Cannot make nodes of disk .*: it is a difference to another disk/);
    assert.ok(!(await standIn.calls()).some(([command]) => command === "modifymedium"));
  }));

Deno.test("a machine whose disk is the base itself, by somebody else's hand, is removed without the base", () =>
  onStage({}, async ({ standIn, disk, open, make }) => {
    const box = await open();
    const nodes = made(await make(box, ["web-1"]));
    await box.stop(nodes);
    const before = await bytes(disk);
    await standIn.change((state) => {
      const base = state.media.find(({ location }) => location === disk);
      const place = state.machines[0]?.controllers[0]?.attachments.find(({ type }) => type === "hdd");
      assert.ok(base !== undefined && place !== undefined);
      state.media = state.media.filter(({ uuid }) => uuid !== place.medium);
      base.type = "normal";
      place.medium = base.uuid;
    });
    await box.destroy(nodes);
    assert.deepEqual(await box.nodes(), []);
    assert.equal(await bytes(disk), before);
  }));

Deno.test("a whole disk that somebody put into a node's folder, and on its machine, outlasts the node", () =>
  onStage({}, async ({ standIn, disk, open, make }) => {
    const box = await open();
    const nodes = made(await make(box, ["web-1"]));
    await box.stop(nodes);
    const mine = `${nodes[0]?.extra?.["folder"]}/mine.vdi`;
    await Deno.writeTextFile(mine, "kept");
    await standIn.change((state) => {
      const base = state.media.find(({ location }) => location === disk);
      const controller = state.machines[0]?.controllers.find(({ attachments }) =>
        attachments.some(({ type }) => type === "hdd")
      );
      assert.ok(base !== undefined && controller !== undefined);
      const { parent: _, ...whole } = { ...base, uuid: crypto.randomUUID(), location: mine, type: "normal" };
      state.media.push(whole);
      controller.ports = 8;
      controller.attachments.push({ port: 7, device: 0, type: "hdd", medium: whole.uuid });
    });
    await box.destroy(nodes);
    assert.deepEqual(await box.nodes(), []);
    assert.equal(await Deno.readTextFile(mine), "kept");
  }));

Deno.test("a machine with snapshots is removed with all its differences, its base stays", () =>
  onStage({}, async ({ standIn, disk, open, make }) => {
    const box = await open();
    const nodes = made(await make(box, ["web-1"]));
    await box.stop(nodes);
    await standIn.run("snapshot", "web-1", "take");
    const before = await bytes(disk);
    await box.destroy(nodes);
    assert.equal(await bytes(disk), before);
    assert.deepEqual((await standIn.read()).media.map(({ location }) => location), [disk]);
  }));

Deno.test("a machine with snapshots whose base became normal is not removed: VirtualBox would take the base too", () =>
  onStage({}, async ({ standIn, disk, open, make }) => {
    const box = await open();
    const nodes = made(await make(box, ["web-1"]));
    await box.stop(nodes);
    await standIn.run("snapshot", "web-1", "take");
    const setType = (type: string) =>
      standIn.change((state) => {
        const base = state.media.find(({ location }) => location === disk);
        if (base !== undefined) base.type = type;
      });
    await setType("normal");
    await assert.rejects(
      () => box.destroy(nodes),
      /it has snapshots, and its disk hangs on .*debian\.vdi", which is normal/,
    );
    assert.ok((await Deno.stat(disk)).isFile);
    await setType("multiattach");
  }));

Deno.test("a disk of its own goes with a node, a foreign one in its folder stays", () =>
  onStage({}, async ({ standIn, open, make }) => {
    const box = await open();
    const storage = [{ bus: "sata", devices: ["image", "seed", { disk: 2 }] }];
    const spec = { provider: { virtualbox: { hardware: { storage } } } };
    const nodes = made(await make(box, ["web-1"], spec));
    const disks = (await standIn.read()).media.filter(({ location }) =>
      /disks\/sata-controller-2-0\.vdi$/.test(location)
    );
    assert.deepEqual(disks.map(({ capacity }) => capacity), [2048]);
    const foreign = `${nodes[0]?.extra?.["folder"]}/mine.vdi`;
    await Deno.writeTextFile(foreign, "mine");
    await box.destroy(nodes);
    await assert.rejects(Deno.stat(disks[0]?.location ?? ""));
    assert.equal(await Deno.readTextFile(foreign), "mine");
    assert.deepEqual(await box.nodes(), []);
  }));

for (const version of versions) {
  Deno.test(`VirtualBox ${version}: a second disk is shared as the first is, discs and floppy disks are the user's`, () =>
    onStage({ version }, async ({ folder, standIn, open, make }) => {
      const box = await open({ parallel: 1 });
      const data = await standIn.disk("data.vdi");
      const [disc, floppy] = [`${folder}/tools.dmg`, `${folder}/drivers.img`];
      for (const file of [disc, floppy]) await Deno.writeTextFile(file, "the user's");
      const storage = [
        { bus: "sata", devices: ["image", "seed", { disk: data }] },
        { bus: "ide", devices: [null, { dvd: disc }, null, "dvd"] },
        { bus: "floppy", devices: [{ floppy }, "floppy"] },
      ];
      const before = await bytes(data);
      const spec = { provider: { virtualbox: { hardware: { storage } } } };
      const nodes = made(await make(box, ["web-1", "web-2"], spec));
      const { media } = await standIn.read();
      const shared = media.find(({ location }) => location === data);
      assert.equal(shared?.type, "multiattach");
      assert.equal(media.filter(({ parent }) => parent === shared?.uuid).length, 2);
      const places = (await standIn.machine("web-1"))?.controllers.map(({ attachments }) =>
        attachments.map(({ port, device, type }) => `${type} ${port}-${device}`).join(" ")
      );
      assert.deepEqual(places, [
        "hdd 0-0 dvddrive 1-0 hdd 2-0",
        "dvddrive 0-1 dvddrive 1-1",
        "fdd 0-0 fdd 0-1",
      ]);
      await box.destroy(nodes);
      assert.equal(await bytes(data), before);
      for (const file of [disc, floppy]) assert.equal(await Deno.readTextFile(file), "the user's");
      const disks = (await standIn.read()).media.filter(({ kind }) => kind === "disk");
      assert.deepEqual(disks.map(({ location }) => location.replace(/^.*\//, "")), [
        "debian.vdi",
        "data.vdi",
      ]);
    }));
}
