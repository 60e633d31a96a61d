// Images are made by command of files and machines, and are multi-attach from the first on.
import assert from "node:assert/strict";
import { join } from "node:path";
import { onStage, type Stage } from "./support/virtualbox.ts";
import { type Outcome, pallet } from "./support/process.ts";

async function onService(
  { folder, standIn }: Stage,
  ...args: readonly string[]
): Promise<Outcome> {
  await Deno.writeTextFile(
    join(folder, "pallet.yaml"),
    `default-service: box\nservices:\n  box: { provider: virtualbox, vboxmanage: ${standIn.program} }\n`,
  );
  return await pallet(args, { cwd: folder, env: { XDG_STATE_HOME: join(folder, "state") } });
}

Deno.test("pallet image add takes raw disks, disks and archives by what they hold, and checks their hash", () =>
  onStage({}, async (stage) => {
    const { folder, standIn, disk } = stage;
    const raw = join(folder, "cloud.img");
    await Deno.writeTextFile(raw, "\0".repeat(600));
    const add = (name: string, from: string, ...more: readonly string[]) =>
      onService(stage, "image", "add", name, "--os", "debian-12", "--from", from, ...more);

    const wrong = await add("first", raw, "--sha256", "00".repeat(32));
    assert.notEqual(wrong.status, 0);
    assert.match(wrong.err, /has the SHA-256 [0-9a-f]{64}, not 00/);

    const first = await add("first", raw);
    assert.equal(first.status, 0, first.err);
    assert.equal(await Deno.readTextFile(first.out.trim()), "\0".repeat(600));
    assert.equal((await add("second", disk)).status, 0);
    await Deno.copyFile(disk, join(folder, "box-disk1.vmdk"));
    await new Deno.Command("tar", { args: ["-czf", "a.box", "box-disk1.vmdk"], cwd: folder }).output();
    const third = await add("third", "a.box");
    assert.equal(third.status, 0, third.err);
    const calls = (await standIn.calls()).map(([command = ""]) => command);
    assert.ok(calls.includes("convertfromraw") && calls.includes("clonemedium"));

    const again = await add("first", raw);
    assert.match(again.err, /There is an image "first" already/);
    const list = await onService(stage, "image", "list", "--json");
    const rows: { id: string; type: string; differences: number }[] = JSON.parse(list.out);
    assert.deepEqual(rows.map(({ id, type, differences }) => [id, type, differences]), [
      ["debian", "multiattach", 0],
      ["first", "multiattach", 0],
      ["second", "multiattach", 0],
      ["third", "multiattach", 0],
    ]);
  }));

Deno.test("pallet image create copies the disk of a machine that is off, merged, and refuses one that runs", () =>
  onStage({}, async (stage) => {
    const box = await stage.open();
    const [result] = await stage.make(box, ["base-1"]);
    assert.ok(result !== undefined && "node" in result);
    const create = () =>
      onService(stage, "image", "create", "mine", "--from-vm", "base-1", "--os", "debian-12");
    const running = await create();
    assert.match(running.err, /Machine "base-1" is running: its disk is in use/);
    await box.stop([result.node]);
    await stage.standIn.run("snapshot", "base-1", "take");
    const done = await create();
    assert.equal(done.status, 0, done.err);
    assert.match(done.err, /merging/);
    const medium = (await stage.standIn.read()).media.find(({ location }) => location === done.out.trim());
    assert.deepEqual([medium?.type, medium?.parent], ["multiattach", undefined]);
  }));

Deno.test("pallet image is about services of VirtualBox alone", () =>
  onStage({}, async (stage) => {
    const run = await onService(stage, "image", "list", "--service", "localhost");
    assert.equal(run.status, 2);
    assert.match(
      run.err,
      /Service "localhost" is one of localhost, whose images are not made by this command/,
    );
  }));
