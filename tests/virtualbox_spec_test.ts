// What node specs come to on VirtualBox, and what is refused.
import assert from "node:assert/strict";
import { join } from "node:path";
import { made, onStage } from "./support/virtualbox.ts";
import { readIso } from "./support/vboxmanage/iso.ts";
import { versions } from "./support/vboxmanage/standin.ts";

for (const version of versions) {
  Deno.test(`VirtualBox ${version} is told every attribute in its own words`, () =>
    onStage({ version }, async ({ standIn, open, make }) => {
      const box = await open();
      const hardware = {
        cores: 2,
        ram: 768,
        vram: 24,
        description: "two\nlines",
        firmware: "efi",
        chipset: "ich9",
        graphics: "vmsvga",
        pointing: "usbtablet",
        keyboard: "usb",
        monitors: 2,
        memoryBalloon: 64,
        cpuHotplug: false,
        cpuCap: 50,
        ioApic: true,
        acpi: true,
        hpet: true,
        pae: true,
        nestedVirtualization: true,
        pageFusion: false,
        teleporter: false,
        accelerate3d: true,
        accelerate2d: false,
        utc: true,
        snapshotFolder: "Differences",
        clipboard: "host-to-guest",
        dragAndDrop: "bidirectional",
        bootOrder: ["dvd", "disk", "network"],
        sharedFolders: [{ name: "srv", path: "/srv", automount: true }],
        storage: [
          { bus: "ide", type: "PIIX4", devices: ["seed", null, "dvd"] },
          { bus: "sata", type: "IntelAHCI", ioCache: true, devices: ["image"] },
        ],
      };
      made(await make(box, ["web-1"], { provider: { virtualbox: { hardware } } }));
      const machine = await standIn.machine("web-1");
      const old = version.startsWith("6");
      const expected: Readonly<Record<string, string>> = {
        cpus: "2",
        memory: "768",
        vram: "24",
        description: "two\nlines",
        firmware: "efi",
        chipset: "ich9",
        graphicscontroller: "vmsvga",
        mouse: "usbtablet",
        keyboard: "usb",
        monitorcount: "2",
        guestmemoryballoon: "64",
        cpuhotplug: "off",
        cpuexecutioncap: "50",
        ioapic: "on",
        acpi: "on",
        hpet: "on",
        pae: "on",
        nestedhwvirt: "on",
        pagefusion: "off",
        teleporter: "off",
        accelerate3d: "on",
        accelerate2dvideo: "off",
        rtcuseutc: "on",
        snapshotfolder: "Differences",
        clipboardmode: "hosttoguest",
        draganddrop: "bidirectional",
        boot1: "dvd",
        boot2: "disk",
        boot3: "net",
        boot4: "none",
      };
      assert.deepEqual(machine?.attributes, expected);
      assert.deepEqual(
        machine?.controllers.map((
          { name, bus, ports, attachments },
        ) => [name, bus, ports, attachments.length]),
        [
          ["IDE Controller", "ide", 2, 2],
          ["SATA Controller", "sata", 1, 1],
        ],
      );
      assert.deepEqual(machine?.sharedFolders, [{ name: "srv", path: "/srv", writable: false }]);
      const [create] = (await standIn.calls()).filter(([command, ...words]) =>
        command === "createvm" && words.length > 0
      );
      assert.equal(create?.includes("--platform-architecture"), !old);
    }));
}

Deno.test("a node may have three adapters, and says by which it is managed", () =>
  onStage({}, async ({ standIn, open, make }) => {
    const box = await open({ network: "bridged" });
    const network = [
      { attach: "nat", forwards: [{ guestPort: 80, hostPort: 28080 }] },
      { attach: "internal", network: "back", type: "virtio", promiscuous: "allow-all" },
      { attach: "host-only", mac: "08:00:27:00:00:01", management: true },
    ];
    const nodeSpec = { provider: { virtualbox: { network } } };
    const planned = { group: "web", names: ["web-1"], nodeSpec, tags: {}, token: "t" };
    assert.equal(
      (await box.estimate(planned)).hardware,
      "small: 1 core, 1024 MB, nat + internal back + host-only vboxnet0",
      "what was chosen is shown before anything is made",
    );
    const [node] = made(await make(box, ["web-1"], nodeSpec));
    const machine = await standIn.machine("web-1");
    assert.deepEqual(
      Object.values(machine?.nics ?? {}).map(({ attach, target, forwards }) => [attach, target, forwards]),
      [
        ["nat", "", ["forward1,tcp,127.0.0.1,28080,,80"]],
        ["intnet", "back", []],
        ["hostonly", "vboxnet0", []],
      ],
    );
    assert.equal(machine?.nics["3"]?.mac, "080027000001");
    const { files, label } = await readIso(join(String(node?.extra?.["folder"]), "seed.iso"));
    assert.equal(label, "cidata");
    const { ethernets } = JSON.parse(files.get("network-config") ?? "");
    assert.deepEqual(Object.keys(ethernets), ["adapter1", "adapter2", "adapter3"]);
    assert.deepEqual(ethernets.adapter3, {
      match: { macaddress: "08:00:27:00:00:01" },
      dhcp4: true,
      "dhcp-identifier": "mac",
    });
    assert.equal(ethernets.adapter2.optional, true);
  }));

Deno.test("a network of the spec counts before that of its size, its image, its service", () =>
  onStage({}, async ({ folder, disk, standIn, open, make }) => {
    await Deno.writeTextFile(
      join(folder, "models", "others.json"),
      JSON.stringify({
        images: { plain: { os: "debian-12", disk, provider: { virtualbox: { network: "nat" } } } },
        hardware: {
          wide: {
            cores: 1,
            ram: 600,
            provider: { virtualbox: { network: [{ attach: "bridged" }, { attach: "nat" }] } },
          },
        },
      }),
    );
    const box = await open({ network: "bridged" });
    const nics = async (name: string) =>
      Object.values((await standIn.machine(name))?.nics ?? {}).map(({ attach }) => attach).join(" ");
    made(await make(box, ["a-1"], { image: { imageId: "debian" } }));
    made(await make(box, ["b-1"], { image: { imageId: "plain" } }));
    made(await make(box, ["c-1"], { image: { imageId: "plain" }, hardware: { hardwareId: "wide" } }));
    const own = { provider: { virtualbox: { network: "local" } } };
    made(await make(box, ["d-1"], { image: { imageId: "plain" }, hardware: { hardwareId: "wide" }, ...own }));
    assert.deepEqual(await Promise.all(["a-1", "b-1", "c-1", "d-1"].map(nics)), [
      "bridged",
      "nat",
      "bridged nat",
      "hostonly nat",
    ]);
  }));

Deno.test("what VirtualBox cannot honour is refused by name, before anything is made", () =>
  onStage({}, async ({ standIn, open }) => {
    const box = await open();
    const paths = async (virtualbox: unknown, spec = {}) => {
      const problems = await box.validate({ ...spec, provider: { virtualbox: virtualbox as never } });
      return problems.map(({ path, message, help }) => `${path}: ${message} ${help ?? ""}`).join("\n");
    };
    assert.match(
      await paths({ hardware: { memory: 512 } }),
      /provider\.virtualbox\.hardware\.memory: unknown key "memory"/,
    );
    assert.match(await paths({ hardware: { memorySize: 1 } }), /memorySize/);
    assert.match(
      await paths({ hardware: { bootOrder: ["disc"] } }),
      /bootOrder\[0\]: must be .*Did you mean "disk"/,
    );
    assert.match(
      await paths({ hardware: { extends: "smal" } }),
      /there is no hardware "smal"\. Did you mean "small"/,
    );
    assert.match(await paths({ network: "bridge" }), /network: must be .*Did you mean "bridged"/);
    assert.match(
      await paths({ network: [{ attach: "bridged", interface: "eth7" }] }),
      /no interface "eth7" to bridge to There is "eth0" \(192\.0\.2\.10\), "wlan0" \(down\)/,
    );
    assert.match(await paths({ network: [{ attach: "bridged", interface: "wlan0" }] }), /"wlan0" is down/);
    assert.match(
      await paths({ network: [{ attach: "host-only", interface: "vboxnet7" }] }),
      /no host-only interface "vboxnet7" There is vboxnet0/,
    );
    assert.match(await paths({ network: Array(9).fill({ attach: "nat" }) }), /at most 8 adapters/);
    assert.match(await paths({ network: [{ attach: "internal" }] }), /reaches a node by none of these/);
    assert.match(await paths({ netwrok: "nat" }), /unknown key "netwrok"/);
    assert.match(
      await paths({}, { image: { imageId: "debain" } }),
      /there is no image "debain"\. Did you mean "debian"\? *There is debian/,
    );
    assert.match(await paths({}, { hardware: { minDisk: 50 } }), /minDisk/);
    assert.match(await paths({}, { hardware: { hardwareId: "micro", minRam: 1024 } }), /minRam/);
    assert.match(
      await paths({}, { location: { subnetId: "x" }, qos: { spotPrice: 1 } }),
      /subnetId[\s\S]*spotPrice/,
    );
    assert.match(
      await paths({ hardware: { storage: [{ bus: "sata", devices: ["seed"] }] } }),
      /no device is "image"/,
    );
    const devices = (bus: string, ...all: unknown[]) =>
      paths({
        hardware: { storage: [{ bus: "sata", devices: ["image"] }, { bus, name: "Other", devices: all }] },
      });
    assert.match(await devices("ide", "floppy"), /a floppy is at a controller of floppy, not of ide/);
    assert.match(await devices("floppy", "dvd"), /a controller of floppy has floppies alone/);
    assert.match(await devices("ide", { dvd: "/a.iso", disk: 1 }), /is one of a dvd, a floppy and a disk/);
    assert.match(await devices("ide", { disk: "/a.vdi", format: "VDI" }), /a disk that is made has a format/);
    assert.match(await devices("ide", { dvd: "a.iso" }), /dvd: must be a whole path/);
    assert.match(await devices("ide", { dvd: "/a.img" }), /dvd: must be a disc: \.iso/);
    assert.match(
      await paths({ hardware: { snapshotFolder: "/elsewhere" } }),
      /within the machine's own folder/,
    );
    assert.deepEqual((await standIn.read()).machines, []);
  }));
