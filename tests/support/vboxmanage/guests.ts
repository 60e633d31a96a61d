// What runs in a machine: a lab node, set up by the seed in its drive as cloud-init would do it.
import type { Node } from "../../../engine/spec/node.ts";
import type { Provider } from "../../../engine/provider/provider.ts";
import { bootGuest, cloneGuest } from "./guest_disk.ts";
import { inside } from "./inside.ts";
import { readIso } from "./iso.ts";
import type { Machine, State } from "./state.ts";

const RELAY = new URL("./relay.ts", import.meta.url).pathname;

async function lab(folder: string): Promise<Provider> {
  const { openLab } = await import("../../../providers/lab/test_support.ts");
  return await openLab(`${folder}/lab`, "guests");
}

async function nodeOf(provider: Provider, name: string): Promise<Node | undefined> {
  return (await provider.nodes()).find((node) => node.name === name);
}

/** Sets a guest up as a seed says: its user, the keys that log in, the key that it shows. */
const SET_UP = `set -e
user=$1 key=$2 private=$3 public=$4
id -u "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
if [ "$user" != root ]; then printf '%s ALL=(ALL) NOPASSWD:ALL\\n' "$user" >"/etc/sudoers.d/90-$user"; chmod 0440 "/etc/sudoers.d/90-$user"; fi
home=$(getent passwd "$user" | cut -d: -f6)
install -d -m 0700 "$home/.ssh"
printf '%s\\n' "$key" >"$home/.ssh/authorized_keys"
chown -R "$user:" "$home/.ssh"
rm -f /etc/ssh/ssh_host_*
(umask 077; printf '%s' "$private" >/etc/ssh/ssh_host_ed25519_key)
printf '%s\\n' "$public" >/etc/ssh/ssh_host_ed25519_key.pub
pkill -HUP -o -x sshd`;

/** What a Vagrant box has in it: a name, a user with a password, and host keys of its own. */
const BOXED = `set -e
echo box >/etc/hostname
hostname box
useradd --create-home --shell /bin/bash vagrant
echo vagrant:vagrant | chpasswd
echo 'vagrant ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/vagrant
echo 'PasswordAuthentication yes' >/etc/ssh/sshd_config.d/box.conf
pkill -HUP -o -x sshd`;

async function applySeed(folder: string, node: Node, path: string): Promise<void> {
  const { label, files } = await readIso(path);
  if (label !== "cidata") throw new Error(`the disc is called "${label}"`);
  const meta = JSON.parse(files.get("meta-data") ?? "");
  const text = files.get("user-data") ?? "";
  if (!text.startsWith("#cloud-config\n")) throw new Error("the seed has no cloud-config");
  const data = JSON.parse(text.slice("#cloud-config\n".length));
  if (meta["local-hostname"] !== node.name) throw new Error(`the seed is for ${meta["local-hostname"]}`);
  const [user] = data.users;
  const keys = [data.ssh_keys.ed25519_private, data.ssh_keys.ed25519_public];
  for (const [, , , ...command] of data.bootcmd) await inside(folder, node, '"$@"', ...command);
  await inside(folder, node, SET_UP, user.name, user.ssh_authorized_keys.join("\n"), ...keys);
}

function discOf(state: State, machine: Machine): string | undefined {
  const drives = machine.controllers.flatMap(({ attachments }) => attachments).filter(({ type }) =>
    type === "dvddrive"
  );
  return drives.map(({ medium }) => state.media.find(({ uuid }) => uuid === medium)?.location).find((path) =>
    path?.endsWith(".iso") === true
  );
}

/** Path of the disk that a machine's difference is to. */
function baseOf(state: State, machine: Machine): string {
  const own = machine.controllers.flatMap(({ attachments }) => attachments).find(({ type }) =>
    type === "hdd"
  );
  let medium = state.media.find(({ uuid }) => uuid === own?.medium);
  for (;;) {
    const above = state.media.find(({ uuid }) => uuid === medium?.parent);
    if (above === undefined) return medium?.location ?? "";
    medium = above;
  }
}

/** Has the clone of a machine's disk what its guest has written. */
export async function cloneDisk(folder: string, state: State, machine: Machine, to: string): Promise<void> {
  if (state.guests === "none") return;
  const provider = await lab(folder);
  try {
    const node = await nodeOf(provider, machine.name);
    if (node !== undefined) await cloneGuest(folder, node, to);
  } finally {
    await provider.close();
  }
}

function startRelays(machine: Machine, address: string): number[] {
  return Object.values(machine.nics).flatMap(({ forwards }) => forwards).map((rule) => {
    const [, , , port = "", , guestPort = ""] = rule.split(",");
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--no-config", "--allow-net", RELAY, port, address, guestPort],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    child.unref();
    return child.pid;
  });
}

function stopRelays(machine: Machine): void {
  for (const pid of machine.guest?.relays ?? []) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

/** Starts what runs in a machine. */
export async function startGuest(folder: string, state: State, machine: Machine): Promise<Machine["guest"]> {
  if (state.guests === "none") return undefined;
  const provider = await lab(folder);
  try {
    const before = await nodeOf(provider, machine.name);
    if (before !== undefined) await provider.start([before]);
    else {
      const request = {
        group: "guests",
        names: [machine.name],
        nodeSpec: { image: { imageId: "host" } },
        tags: {},
        token: machine.uuid,
      };
      for await (const result of provider.create(request)) {
        if ("error" in result) throw new Error(result.error);
      }
    }
    const node = await nodeOf(provider, machine.name);
    if (node?.primaryIp === undefined) throw new Error("the guest has no address");
    const disc = discOf(state, machine);
    if (before === undefined) {
      await Array.fromAsync(provider.ready(node));
      const isKnown = await bootGuest(folder, provider, node, baseOf(state, machine));
      if (disc !== undefined) await applySeed(folder, node, disc);
      else if (!isKnown) await inside(folder, node, BOXED);
    }
    if (machine.uart?.mode === "file") {
      const told = state.tells.includes("console") ? consoleLines(machine, node.primaryIp) : "";
      await Deno.writeTextFile(machine.uart.file, `Booting ${machine.name}\r\n${told}`);
    }
    return { address: node.primaryIp, relays: startRelays(machine, node.primaryIp) };
  } finally {
    await provider.close();
  }
}

/** A guest of NAT alone has an address that is of no use outside. */
function addressOf(attach: string, address: string): string {
  return attach === "nat" ? "10.0.2.15" : address;
}

function consoleLines(machine: Machine, address: string): string {
  return Object.values(machine.nics).filter(({ attach }) => attach !== "none").map(({ mac, attach }) =>
    `\r\npallet-address ${(mac.toLowerCase().match(/../g) ?? []).join(":")} ${addressOf(attach, address)}\r\n`
  ).join("");
}

/** Properties that the Guest Additions tell of: the guest numbers its interfaces in its own order. */
export function guestProperties(state: State, machine: Machine): readonly (readonly [string, string])[] {
  const { guest } = machine;
  if (guest === undefined || !state.tells.includes("additions")) return [];
  return Object.values(machine.nics).filter(({ attach }) => attach !== "none").toReversed().flatMap((
    { mac, attach },
    at,
  ) => [
    [`/VirtualBox/GuestInfo/Net/${at}/MAC`, mac] as const,
    [`/VirtualBox/GuestInfo/Net/${at}/Status`, "Up"] as const,
    [`/VirtualBox/GuestInfo/Net/${at}/V4/IP`, addressOf(attach, guest.address)] as const,
  ]);
}

/** Ends what runs in a machine; its disk stays. */
export async function stopGuest(folder: string, state: State, machine: Machine): Promise<void> {
  stopRelays(machine);
  if (state.guests === "none") return;
  const provider = await lab(folder);
  try {
    const node = await nodeOf(provider, machine.name);
    if (node !== undefined) await provider.stop([node]);
  } finally {
    await provider.close();
  }
}

/** Removes what ran in a machine. */
export async function removeGuest(folder: string, state: State, machine: Machine): Promise<void> {
  stopRelays(machine);
  if (state.guests === "none") return;
  const provider = await lab(folder);
  try {
    const node = await nodeOf(provider, machine.name);
    if (node !== undefined) await provider.destroy([node]);
  } finally {
    await provider.close();
  }
}
