// Machines of VirtualBox from their making to their end, and what can go wrong in between.
import assert from "node:assert/strict";
import { join } from "node:path";
import { made, onStage } from "./support/virtualbox.ts";
import { readIso } from "./support/vboxmanage/iso.ts";
import { versions } from "./support/vboxmanage/standin.ts";

/** Commands that change something. */
function changing(calls: readonly (readonly string[])[]): readonly string[] {
  const looks = [
    "--version",
    "help",
    "list",
    "showvminfo",
    "getextradata",
    "guestproperty",
    "showmediuminfo",
  ];
  return calls.map(([command = ""]) => command).filter((command) => !looks.includes(command));
}

Deno.test("the commands of one node are few, and its tags come before everything else", () =>
  onStage({}, async ({ standIn, open, make }) => {
    const box = await open();
    await box.nodes();
    await standIn.calls();
    made(await make(box, ["web-1"]));
    assert.deepEqual(changing(await standIn.calls()), [
      "createvm",
      "setextradata",
      "modifyvm",
      "storagectl",
      "storageattach",
      "storageattach",
      "startvm",
    ]);
    const machine = await standIn.machine("web-1");
    assert.equal(machine?.groups, "/pallet/web");
    assert.deepEqual(JSON.parse(machine?.extra["pallet/node"] ?? "").tags, { made: "by test" });
  }));

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
    const [node] = made(await make(box, ["web-1"], { provider: { virtualbox: { network } } }));
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
    assert.match(
      await paths({ hardware: { snapshotFolder: "/elsewhere" } }),
      /within the machine's own folder/,
    );
    assert.deepEqual((await standIn.read()).machines, []);
  }));

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

Deno.test("fault 44: a machine that is locked for a while is waited for, one that stays locked is named with the command", () =>
  onStage({}, async ({ standIn, open, make }) => {
    const locked =
      "VBoxManage: error: The machine 'web-1' is already locked by a session (or being locked or unlocked)\nVBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap, interface IMachine, callee nsISupports\n";
    await standIn.fail({ command: ["modifyvm"], word: "--cpus", times: 2, stderr: locked });
    const box = await open();
    made(await make(box, ["web-1"]));
    await standIn.fail({ command: ["modifyvm"], word: "--cpus", times: 3, stderr: locked });
    const [result] = await make(box, ["web-2"]);
    assert.ok(result !== undefined && "error" in result);
    assert.match(
      result.error,
      /setting its attributes: VBoxManage modifyvm .* failed: The machine 'web-1' is already locked by a session/,
    );
    assert.match(result.help ?? "", /close it there.*is removed; option keep-failed/);
  }));

Deno.test("fault 44: an error with exit status 0 is an error", () =>
  onStage({}, async ({ standIn, open, make }) => {
    await standIn.fail({
      command: ["startvm"],
      times: 1,
      status: 0,
      stderr: "VBoxManage: error: The VM session was closed before any attempt to power it on\n",
    });
    const box = await open();
    const [result] = await make(box, ["web-1"]);
    assert.ok(result !== undefined && "error" in result);
    assert.match(result.error, /starting it: VBoxManage startvm .* failed: The VM session was closed/);
    assert.deepEqual((await standIn.read()).machines, []);
  }));

Deno.test("fault 44: a command that hangs is ended, and said to have hung", () =>
  onStage({}, async ({ standIn, open }) => {
    const box = await open({ "command-timeout": 2 });
    await box.nodes();
    await standIn.fail({ command: ["list", "--long"], times: 1, pause: 60 });
    await assert.rejects(() => box.nodes(), /list --long vms did not end within 2 seconds/);
    assert.deepEqual(await box.nodes(), []);
  }));

Deno.test("fault 44: a name that another machine has is refused, and that machine left alone", () =>
  onStage({}, async ({ standIn, open, make }) => {
    await standIn.run(
      "createvm",
      "--name=web-1",
      "--register",
      "--platform-architecture=x86",
      `--basefolder=${standIn.folder}`,
    );
    const box = await open();
    assert.deepEqual(await box.nodes(), [], "foreign machines are no nodes");
    const results = await make(box, ["web-1", "web-2"]);
    assert.match(
      JSON.stringify(results),
      /VirtualBox has a machine \\"web-1\\" .* already, which is not of this service/,
    );
    assert.deepEqual((await box.nodes()).map(({ name }) => name), ["web-2"]);
    await box.destroy(await box.nodes());
    assert.deepEqual((await standIn.read()).machines.map(({ name }) => name), ["web-1"]);
  }));

Deno.test("fault 44: a version that nobody knows yet is not refused", () =>
  onStage({ version: "9.3.0r999999" }, async ({ open, make }) => {
    const box = await open();
    assert.deepEqual(await box.check(), []);
    made(await make(box, ["web-1"]));
  }));

Deno.test("fault 44: a host-only interface is made once where there is none, and its range looked at first", () =>
  onStage({ hostOnly: [], dhcp: [] }, async ({ standIn, open, make }) => {
    const refused = await open({ "local-range": "10.77.0.0/24" });
    const problems = await refused.validate({});
    assert.match(
      JSON.stringify(problems),
      /does not allow host-only interfaces of 10\.77\.0\.0\/24.*networks\.conf/,
    );
    assert.match(JSON.stringify(await refused.check()), /10\.77\.0\.0\/24/);
    await standIn.calls();
    const box = await open();
    made(await make(box, ["web-1", "web-2", "web-3"]));
    const calls = await standIn.calls();
    assert.equal(calls.filter(([command, what]) => command === "hostonlyif" && what === "create").length, 1);
    const { hostOnly, dhcp } = await standIn.read();
    assert.deepEqual(hostOnly, [{
      name: "vboxnet0",
      address: "192.168.56.1",
      netmask: "255.255.255.0",
      up: true,
    }]);
    assert.deepEqual(dhcp.map(({ lower, upper, enabled }) => [lower, upper, enabled]), [[
      "192.168.56.64",
      "192.168.56.254",
      true,
    ]]);
  }));

Deno.test("check 96, fault 44: machines that are off, saved, aborted or paused are known, started, and removed", () =>
  onStage({}, async ({ standIn, open, make }) => {
    const box = await open();
    const names = ["a-1", "a-2", "a-3", "a-4", "a-5"];
    const nodes = made(await make(box, names));
    const states = ["poweroff", "saved", "aborted", "paused", "gurumeditation"];
    const set = () =>
      standIn.change((state) => {
        names.forEach((name, at) => {
          const machine = state.machines.find((one) => one.name === name);
          if (machine !== undefined) machine.state = states[at] ?? "";
        });
      });
    await set();
    const seen = (await box.nodes()).toSorted((one, other) => one.name.localeCompare(other.name));
    assert.deepEqual(seen.map(({ state }) => state), ["stopped", "stopped", "stopped", "stopped", "failed"]);
    await standIn.change((state) => {
      const machine = state.machines.find(({ name }) => name === "a-5");
      // Only a machine with a process can be powered off.
      if (machine !== undefined) machine.state = "paused";
    });
    await box.start(nodes);
    assert.deepEqual([...new Set((await box.nodes()).map(({ state }) => state))], ["running"]);
    await set();
    await standIn.change((state) => {
      const machine = state.machines.find(({ name }) => name === "a-5");
      if (machine !== undefined) machine.state = "inaccessible";
    });
    assert.equal((await box.nodes()).length, 5, "one that VirtualBox cannot read is known by its folder");
    await box.destroy(nodes);
    assert.deepEqual(await box.nodes(), []);
    assert.deepEqual((await standIn.read()).machines, []);
  }));

Deno.test("a half-made machine is kept when asked, known as failed, and made anew when started", () =>
  onStage({}, async ({ standIn, open, make }) => {
    const box = await open({ "keep-failed": true });
    await standIn.fail({ command: ["storagectl"], times: 1, stderr: "VBoxManage: error: no\n" });
    const [result] = await make(box, ["web-1"]);
    assert.ok(result !== undefined && "error" in result);
    assert.match(result.help ?? "", /is kept: VBoxManage showvminfo/);
    const [half] = await box.nodes();
    assert.equal(half?.state, "failed");
    assert.deepEqual(half?.tags, { made: "by test" });
    await box.start([half]);
    const [node] = await box.nodes();
    assert.equal(node?.state, "running");
    assert.equal((await standIn.read()).machines.length, 1);
  }));

Deno.test("fault 44: a run that is killed at any command leaves machines that the next one knows", () =>
  onStage({}, async ({ standIn, open, make }) => {
    const box = await open();
    const commands = ["createvm", "setextradata", "modifyvm", "storageattach", "startvm"];
    for (const command of commands) {
      const controller = new AbortController();
      const dying = await open();
      const work = Array.fromAsync(dying.create({
        group: "web",
        names: ["web-1"],
        nodeSpec: {},
        tags: {},
        token: "t",
      }, controller.signal));
      await standIn.fail({ command: [command], word: "web-1", times: 0, stderr: "" });
      const until = Date.now() + 20_000;
      while (Date.now() < until) {
        if ((await Deno.readTextFile(join(standIn.folder, "calls"))).includes(`["${command}",`)) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      controller.abort();
      await work.catch(() => {});
      await standIn.calls();
      made(await make(box, ["web-1"]));
      const nodes = await box.nodes();
      assert.deepEqual(nodes.map(({ name, state }) => [name, state]), [["web-1", "running"]], command);
      await box.destroy(nodes);
      const left = await standIn.read();
      assert.deepEqual(left.machines, [], command);
      assert.equal(left.media.length, 1, command);
    }
  }));

Deno.test("a node without an address is told by its adapter, with a picture of its screen", () =>
  onStage({}, async ({ open, make }) => {
    const box = await open({ "boot-timeout": 1 });
    const [node] = made(await make(box, ["web-1"]));
    assert.ok(node !== undefined);
    await Deno.writeTextFile(
      join(String(node.extra?.["folder"]), "console.log"),
      "Kernel panic - not syncing\r\n",
    );
    await assert.rejects(() => Array.fromAsync(box.ready(node)), (error: Error & { help?: string }) => {
      assert.match(
        error.message,
        /its adapter 080027\w{6} \(host-only vboxnet0\) had no address within 1 seconds/,
      );
      const file = /Its screen is in (\S+\.png)/.exec(error.help ?? "")?.[1] ?? "";
      assert.ok(Deno.statSync(file).isFile);
      assert.match(error.help ?? "", /Kernel panic/);
      return true;
    });
  }));

Deno.test("check() names what is missing: the program, its kernel driver", () =>
  onStage({ driver: false }, async ({ folder, open }) => {
    const box = await open();
    assert.match(JSON.stringify(await box.check()), /kernel driver is not loaded.*vboxconfig/);
    const none = await open({ vboxmanage: join(folder, "nowhere") });
    assert.match(JSON.stringify(await none.check()), /Cannot run .*nowhere.*option vboxmanage/);
  }));
