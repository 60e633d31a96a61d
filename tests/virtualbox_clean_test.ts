// An image of a machine has nothing of what tells that machine from others.
import assert from "node:assert/strict";
import { join } from "node:path";
import { whyNoLab } from "../providers/lab/test_support.ts";
import { insideGuest } from "./support/vboxmanage/inside.ts";
import { made, onCommandLine, onStage, storeOf } from "./support/virtualbox.ts";

const why = await whyNoLab();
if (why !== undefined) console.log(`Not tested: images of machines are cleaned: ${why}`);

/** A machine that has been in use for a while, and lets a key in. */
const USED = (key: string) =>
  `set -e
  install -d -o vagrant -g vagrant -m 0700 /home/vagrant/.ssh
  printf '%s' '${key}' >/home/vagrant/.ssh/authorized_keys
  chown vagrant: /home/vagrant/.ssh/authorized_keys
  for file in /var/lib/dhcp/dhclient.eth0.leases /var/lib/NetworkManager/a.lease \\
    /etc/udev/rules.d/70-persistent-net.rules /var/lib/cloud/instance/boot-finished /srv/kept; do
    mkdir -p "\${file%/*}"
    echo used >"$file"
  done`;

/** A network that the next machine does not have. */
const NETPLAN = `mkdir -p /etc/netplan
  printf 'network: { ethernets: { lan: {\\n  macaddress: 08:00:27:00:00:01\\n}}}\\n' >/etc/netplan/mine.yaml`;

/** What there is of a machine's own: its id, its key, files that name it. */
const OWN = `cat /etc/machine-id; cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub
  ls -d /var/lib/dhcp/*.lease* /var/lib/NetworkManager/*.lease /etc/udev/rules.d/70-* /srv/kept /var/lib/cloud/*`;

Deno.test({
  name: "a machine of an image that was made of another has an id, host keys, leases and rules of its own",
  ignore: why !== undefined,
  fn: () =>
    onStage({ guests: "lab", tells: ["additions"] }, async (stage) => {
      const { folder, standIn, disk, open, make } = stage;
      const key = join(folder, "key");
      await new Deno.Command("ssh-keygen", { args: ["-q", "-t", "ed25519", "-N", "", "-f", key] }).output();
      const box = await open();
      const own = async (name: string) =>
        (await insideGuest(standIn.folder, name, `${OWN} 2>/dev/null || true`)).trim().split("\n");
      const of = (image: Record<string, string | { variable: string }>) => ({
        provider: { virtualbox: { image: { os: "debian-12", ...image } } },
      });
      const login = { username: "vagrant", password: { variable: "BOX" } };
      const nodes = made(await make(box, ["base-1"], of({ disk, ...login })));
      await insideGuest(standIn.folder, "base-1", USED(await Deno.readTextFile(`${key}.pub`)));
      const [baseId, baseKey, ...baseFiles] = await own("base-1");
      assert.equal(baseFiles.length, 5);
      await insideGuest(standIn.folder, "base-1", NETPLAN);
      await box.stop(nodes);
      const words = ["--from-vm", "base-1", "--os", "debian-12", "--user", "vagrant", "--private-key", key];
      const refused = await onCommandLine(stage, "image", "create", "mine", ...words);
      assert.notEqual(refused.status, 0);
      assert.match(
        refused.err,
        /adapters of other hardware addresses than those in \/etc\/netplan\/mine\.yaml/,
      );
      assert.match(refused.err, /Cannot clean the disk of image "mine", so it is not made/);
      await box.start(nodes);
      await insideGuest(standIn.folder, "base-1", "rm /etc/netplan/mine.yaml");
      await box.stop(nodes);

      const created = await onCommandLine(stage, "image", "create", "mine", ...words);
      assert.equal(created.status, 0, created.err);
      assert.deepEqual((await standIn.read()).machines.map(({ name }) => name), ["base-1"]);
      // One that takes a seed is copied as it is: its nodes are cleaned by that.
      const seeded = await (await storeOf(stage)).fromMachine({ name: "seeded", os: "debian-12" }, "base-1");

      const keyed = { disk: created.out.trim(), username: "vagrant", privateKey: key };
      const group = `groupSpec("mine", { count: 1, nodeSpec: ${JSON.stringify(of(keyed))} })`;
      const infra = `import { groupSpec } from "pallet";\nexport const mine = ${group};\n`;
      await Deno.writeTextFile(join(folder, "infra.ts"), infra);
      const converged = await onCommandLine(stage, "converge", "--yes");
      assert.equal(converged.status, 0, converged.err);
      made(await make(box, ["seeded-1"], of({ disk: seeded })));
      const names = await insideGuest(standIn.folder, "mine-1", "hostname; cat /etc/hostname");
      assert.equal(names, "mine-1\nmine-1\n");
      // Another instance's state means nothing to cloud-init.
      const left = { "mine-1": ["/srv/kept"], "seeded-1": ["/srv/kept", "/var/lib/cloud/instance"] };
      for (const [name, expected] of Object.entries(left)) {
        const [id, hostKey, ...files] = await own(name);
        assert.match(id ?? "", /^[0-9a-f]{32}$/);
        assert.notEqual(id, baseId, name);
        assert.match(hostKey ?? "", /^AAAAC3/);
        assert.notEqual(hostKey, baseKey, name);
        assert.deepEqual(files, expected);
      }
    }),
});

Deno.test("what a killed command has left of a machine that cleans is removed by the next, before anything else", () =>
  onStage({}, async (stage) => {
    const { open, make, standIn } = stage;
    const box = await open();
    await box.stop(made(await make(box, ["base-1"])));
    const store = await storeOf(stage);
    const done: string[] = [];
    const cleaner = (last: string) => ({
      async clear() {
        done.push("clear");
        await box.destroy((await box.nodes()).filter(({ group }) => group === "clean"));
      },
      async clean(disk: string, take: (machine: string) => Promise<void>) {
        made(
          await make(box, ["clean-1"], { provider: { virtualbox: { image: { os: "debian-12", disk } } } }),
        );
        if (last === "killed") throw new Error("killed");
        done.push("clean");
        await take("clean-1");
        await box.destroy((await box.nodes()).filter(({ group }) => group === "clean"));
      },
    });
    const create = (last: string) =>
      store.fromMachine({ name: "mine", os: "debian-12" }, "base-1", cleaner(last));
    await assert.rejects(create("killed"), /killed/);
    const image = await create("done");
    assert.deepEqual(done, ["clear", "clean"]);
    const { media } = await standIn.read();
    assert.deepEqual(
      media.filter(({ kind, parent }) => kind === "disk" && parent === undefined).map(({ location }) =>
        location
      ).sort(),
      [
        stage.disk,
        image,
      ].sort(),
    );
  }));
