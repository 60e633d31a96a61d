import assert from "node:assert/strict";
import { join } from "node:path";
import { readIso } from "../../tests/support/vboxmanage/iso.ts";
import { type Seed, seedFiles, seedIso } from "./seed.ts";

const SEED: Seed = {
  instance: "4f1c",
  hostname: "web-1",
  user: "pallet",
  authorizedKeys: ["ssh-ed25519 AAAA mine"],
  hostKey: {
    privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n",
    publicKey: "ssh-ed25519 BBBB root@web-1",
  },
  adapters: [
    { mac: "080027AABBCC", optional: false },
    { mac: "080027AABBCD", address: "10.0.0.5/24", gateway: "10.0.0.1", optional: true },
  ],
};

const filesystems = await Deno.readTextFile("/proc/filesystems").catch(() => "");
const mounts = /\biso9660\b/.test(filesystems) && Deno.uid() === 0;
if (!mounts) console.log("ignored: the seed is not mounted: this kernel has no iso9660, or this is not root");

async function inFolder(work: (iso: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-seed-" });
  try {
    const iso = join(folder, "seed.iso");
    await Deno.writeFile(iso, seedIso(SEED));
    await work(iso, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function output(program: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("seedIso() has the files of a seed under the label that cloud-init looks for", () =>
  inFolder(async (iso) => {
    const { label, files } = await readIso(iso);
    assert.equal(label, "cidata");
    assert.deepEqual([...files], seedFiles(SEED).map(({ name, content }) => [name, content]));
    const { ethernets } = JSON.parse(files.get("network-config") ?? "");
    assert.deepEqual(ethernets.adapter2.addresses, ["10.0.0.5/24"]);
    const data = JSON.parse((files.get("user-data") ?? "").replace("#cloud-config\n", ""));
    assert.deepEqual(data.users[0].ssh_authorized_keys, SEED.authorizedKeys);
    assert.equal(data.ssh_keys.ed25519_public, SEED.hostKey.publicKey);
  }));

Deno.test({
  name: "seedIso() is a CD to other programs",
  ignore: Deno.build.os !== "linux" || !await Deno.stat("/usr/sbin/blkid").then(() => true, () => false),
  fn: () =>
    inFolder(async (iso) => {
      const said = await output("/usr/sbin/blkid", "-p", iso);
      assert.match(said, /LABEL="cidata"/);
      assert.match(said, /TYPE="iso9660"/);
    }),
});

Deno.test({
  name: "seedIso() can be mounted, and its files read under their names",
  ignore: !mounts,
  fn: () =>
    inFolder(async (iso, folder) => {
      const script =
        'mkdir "$2/m" && mount -o loop,ro "$1" "$2/m" && cat "$2/m/meta-data" "$2/m/network-config" "$2/m/user-data"';
      const said = await output("unshare", "--mount", "sh", "-c", script, "sh", iso, folder);
      assert.equal(said, seedFiles(SEED).map(({ content }) => content).join(""));
    }),
});
