import assert from "node:assert/strict";
import { join } from "node:path";
import { has } from "../../tests/support/needs.ts";
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

/** How a disc $1 is mounted on a folder $2: by the kernel, else by a program, neither of which we wrote. */
const MOUNTS = {
  kernel: 'mount -o loop,ro "$1" "$2"',
  program:
    'fuseiso "$1" "$2" -f >/dev/null & until [ -e "$2/meta-data" ] || ! kill -0 $!; do sleep 0.02; done',
};

async function mounting(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return undefined;
  if (/\biso9660\b/.test(await Deno.readTextFile("/proc/filesystems"))) return MOUNTS.kernel;
  const fuse = await Deno.stat("/dev/fuse").then(() => true, () => false);
  return fuse && await has("fuseiso") ? MOUNTS.program : undefined;
}

const mount = await mounting();
if (mount === undefined) {
  console.log("ignored: a seed is not mounted: this takes root, and a kernel with iso9660 or fuseiso");
}

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
  ignore: mount === undefined,
  fn: () =>
    inFolder(async (iso, folder) => {
      const place = join(folder, "mounted");
      await Deno.mkdir(place);
      const script =
        `${mount}; ls "$2" && cd "$2" && cat meta-data network-config user-data; cd /; umount "$2"; wait`;
      const said = await output("unshare", "--mount", "sh", "-c", script, "sh", iso, place);
      const files = seedFiles(SEED);
      const names = files.map(({ name }) => `${name}\n`).join("");
      assert.equal(said, `${names}${files.map(({ content }) => content).join("")}`);
    }),
});
