// What cloud-init takes at the first boot: a CD with the user, the keys and the network of a node.
import { newIdentity } from "./identity.ts";
import { type IsoFile, makeIso } from "./iso.ts";

/** An adapter as the guest sees it. */
export interface SeedAdapter {
  /** Twelve digits. */
  readonly mac: string;
  /** `192.168.56.10/24`; by DHCP unless told. */
  readonly address?: string | undefined;
  readonly gateway?: string | undefined;
  /** Whether a boot may go on without an address. */
  readonly optional: boolean;
}

/** What a node is told of itself. */
export interface Seed {
  /** Another for each node: a node that has seen it is not set up again. */
  readonly instance: string;
  readonly hostname: string;
  readonly user: string;
  /** Keys that log in. */
  readonly authorizedKeys: readonly string[];
  readonly hostKey: { readonly privateKey: string; readonly publicKey: string };
  readonly adapters: readonly SeedAdapter[];
}

/** `080027AABBCC` as `08:00:27:aa:bb:cc`. */
export function colonMac(mac: string): string {
  return (mac.toLowerCase().match(/../g) ?? []).join(":");
}

/** Word before a hardware address and an address, as a node tells them on its serial console at each boot. */
const MARK = "pallet-address";

/** Tells on the serial console which adapter has which address: a guest without Guest Additions has no other way. */
const TELL_ADDRESSES = `#!/bin/sh
for console in /dev/ttyS0 /dev/ttyAMA0; do
  [ -c "$console" ] || continue
  for interface in /sys/class/net/*; do
    address=$(ip -4 -o address show dev "\${interface##*/}" scope global | sed -n 's/.* inet \\([0-9.]*\\).*/\\1/p' | head -n 1)
    [ -n "$address" ] || continue
    printf '\\r\\n${MARK} %s %s\\r\\n' "$(cat "$interface/address")" "$address" >"$console" || true
  done
done
exit 0
`;

/** Addresses by hardware address in what a node wrote on its console; the last one told holds. */
export function consoleAddresses(text: string): ReadonlyMap<string, string> {
  const found = text.matchAll(new RegExp(`^${MARK} ([0-9a-f:]{17}) ([0-9.]+)\\s*$`, "gm"));
  return new Map(
    [...found].map(([, mac = "", address = ""]) => [mac.replaceAll(":", "").toUpperCase(), address] as const),
  );
}

function userData({ hostname, user, authorizedKeys, hostKey }: Seed): unknown {
  const person = user === "root" ? { name: "root", ssh_authorized_keys: authorizedKeys } : {
    name: user,
    shell: "/bin/bash",
    sudo: "ALL=(ALL) NOPASSWD:ALL",
    lock_passwd: true,
    ssh_authorized_keys: authorizedKeys,
  };
  return {
    hostname,
    preserve_hostname: false,
    manage_etc_hosts: "localhost",
    users: [person],
    disable_root: user !== "root",
    bootcmd: [["cloud-init-per", "instance", "pallet-identity", "sh", "-c", newIdentity]],
    ssh_pwauth: false,
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    write_files: [{
      path: "/var/lib/cloud/scripts/per-boot/pallet-addresses",
      permissions: "0755",
      content: TELL_ADDRESSES,
    }],
  };
}

function networkConfig({ adapters }: Seed): unknown {
  const ethernets = adapters.map(({ mac, address, gateway, optional }, at) =>
    [`adapter${at + 1}`, {
      match: { macaddress: colonMac(mac) },
      ...(address === undefined
        ? { dhcp4: true, "dhcp-identifier": "mac" }
        : { dhcp4: false, addresses: [address] }),
      ...(gateway === undefined ? {} : { routes: [{ to: "0.0.0.0/0", via: gateway }] }),
      ...(optional ? { optional: true } : {}),
    }] as const
  );
  return { version: 2, ethernets: Object.fromEntries(ethernets) };
}

/** Data as YAML that every reader of YAML takes: JSON is a part of it. */
function yaml(data: unknown): string {
  return `${JSON.stringify(data, null, 2)}\n`;
}

/** The files of a seed. */
export function seedFiles(seed: Seed): readonly IsoFile[] {
  return [
    { name: "meta-data", content: yaml({ "instance-id": seed.instance, "local-hostname": seed.hostname }) },
    { name: "network-config", content: yaml(networkConfig(seed)) },
    { name: "user-data", content: `#cloud-config\n${yaml(userData(seed))}` },
  ];
}

/** The CD of a seed. */
export function seedIso(seed: Seed): Uint8Array<ArrayBuffer> {
  return makeIso("cidata", seedFiles(seed));
}
