// Images and sizes: which counts, and who logs in first.
import assert from "node:assert/strict";
import { join } from "node:path";
import { made, onStage } from "./support/virtualbox.ts";

Deno.test("images: inline, by what fits, an ambiguous one as an error, a missing disk left out", () =>
  onStage({}, async ({ folder, disk, said, open }) => {
    await Deno.writeTextFile(
      join(folder, "models", "more.yaml"),
      `images:\n  other: { os: debian-11, disk: ${disk} }\n  gone: { os: debian-10, disk: gone.vdi }\n`,
    );
    const box = await open({ "ambiguous-image": "error" });
    const idOf = async (spec: Parameters<typeof box.imageFor>[0]) => (await box.imageFor(spec))?.id;
    assert.equal(await idOf({ image: { osVersion: "11" } }), "other");
    assert.equal(await idOf({ image: { osFamily: "debian" } }), undefined);
    const [problem] = await box.validate({ image: { osFamily: "debian" } });
    assert.match(problem?.message ?? "", /2 images fit .*: debian, other/);
    const inline = { os: "ubuntu-24.04", disk, "os-type": "Ubuntu_64" };
    assert.equal(await idOf({ provider: { virtualbox: { image: inline } } }), "inline:ubuntu-24.04");
    assert.match(said.join("\n"), /image "gone" .* is left out: its disk .*gone\.vdi is not there/);
  }));

Deno.test("models of the configuration hide those of files, which hide built-in ones", () =>
  onStage({}, async ({ folder, disk, open }) => {
    await Deno.writeTextFile(
      join(folder, "models", "sizes.yaml"),
      "hardware:\n  small: { cores: 1, ram: 640 }\n  odd: { ram: 700, provider: { virtualbox: { extends: medium, vram: 32 } } }\n",
    );
    const box = await open({}, {
      images: [{ id: "debian", os: "debian-12", disk, provider: {}, origin: "pallet.yaml:3:3", shadows: [] }],
      hardware: [{ id: "odd", cores: 3, provider: {}, origin: "pallet.yaml:9:3", shadows: [] }],
    });
    const [image] = await box.images();
    assert.equal(image?.origin, "pallet.yaml:3:3");
    assert.match(image?.shadows?.[0] ?? "", /debian\.yaml/);
    const sizes = await box.hardware();
    assert.deepEqual(sizes.map(({ id, ram }) => [id, ram]), [["odd", 512], ["small", 640], ["micro", 512], [
      "medium",
      2048,
    ], ["large", 4096]]);
    assert.deepEqual(sizes[1]?.shadows, ["built in"]);
  }));

Deno.test("who logs in first is the seed's user, or the image's own by key or by password, whose host key is the image's", () =>
  onStage({}, async ({ folder, disk, standIn, open, make }) => {
    const person = { os: "debian-12", disk, username: "vagrant" };
    const images = {
      keyed: { ...person, "private-key": "keys/insecure" },
      worded: { ...person, password: { variable: "BOX_PASSWORD" } },
      both: { ...person, password: { file: "kept/word" }, provider: { virtualbox: { "cloud-init": true } } },
    };
    await Deno.writeTextFile(join(folder, "models", "people.json"), JSON.stringify({ images }));
    const box = await open();
    const routeOf = async (name: string, spec: Parameters<typeof make>[2]) => {
      const [node] = made(await make(box, [name], spec));
      await standIn.change((state) => {
        for (const machine of state.machines) machine.guest = { address: "192.168.56.101", relays: [] };
      });
      assert.ok(node !== undefined);
      const route = await box.route(node);
      assert.ok(route.kind === "ssh");
      const { user, hostKeys, hostKeyChoice, identities, password, sshConfig } = route;
      const devices = (await standIn.machine(name))?.controllers.flatMap(({ attachments }) => attachments);
      const key = identities.map((path) => path.replace(`${folder}/`, "")).join(" ");
      const known = hostKeys.length > 0 ? "attested" : hostKeyChoice;
      return [user, key, password, known, sshConfig, devices?.length];
    };
    const image = (imageId: string) => ({ image: { imageId } });
    const own = "state/box/id_ed25519";
    assert.deepEqual(await routeOf("a-1", image("debian")), ["pallet", own, undefined, "attested", false, 2]);
    assert.deepEqual(await routeOf("b-1", image("keyed")), [
      ...["vagrant", "models/keys/insecure", undefined, "accept-new"],
      ...[undefined, 1],
    ]);
    const place = { variable: "BOX_PASSWORD" };
    assert.deepEqual(await routeOf("c-1", image("worded")), [
      "vagrant",
      "",
      place,
      "accept-new",
      undefined,
      1,
    ]);
    assert.deepEqual(await routeOf("d-1", image("both")), ["vagrant", own, undefined, "attested", false, 2]);
    const told = { os: "debian-12", disk, username: "me", password: { file: "word" } };
    const whole = { provider: { virtualbox: { image: told, network: "bridged" } } };
    assert.deepEqual(await routeOf("e-1", whole), [
      ...["me", "", { file: join(folder, "word") }, undefined, undefined, 1],
    ]);
    const extra = (await standIn.machine("c-1"))?.extra["pallet/node"] ?? "";
    assert.deepEqual(JSON.parse(extra).password, place, "the place of a password is kept, and no password");
  }));
