// Which address a running node has: as it is told, or as the guest, the DHCP server or this machine know it.
import { readSystemFile } from "../../engine/system_file.ts";
import { consoleFile } from "./modify.ts";
import { isAddress, parseGuestAddresses, parseLease, plainMac } from "./parse.ts";
import type { NodeRecord } from "./plan.ts";
import { colonMac, consoleAddresses } from "./seed.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** Where a node is reached. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

/** What a node has written on its serial console; nothing where it has written none. */
export async function consoleText(folder: string): Promise<string> {
  return await Deno.readTextFile(consoleFile(folder)).catch(() => "");
}

/** This machine's own table of neighbours, as text. */
async function neighbours(): Promise<string> {
  if (Deno.build.os === "linux") return await readSystemFile("/proc/net/arp").catch(() => "");
  try {
    const { stdout } = await new Deno.Command("arp", { args: ["-an"], stdin: "null", stderr: "null" })
      .output();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}

/** The address that a table of neighbours has for a hardware address. */
export function neighbourAddress(table: string, mac: string): string | undefined {
  for (const line of table.split("\n")) {
    const address = /(?:\d{1,3}\.){3}\d{1,3}/.exec(line)?.[0];
    const found = /\b(?:[0-9a-fA-F]{1,2}[:-]){5}[0-9a-fA-F]{1,2}\b/.exec(line)?.[0];
    if (address === undefined || found === undefined || !isAddress(address)) continue;
    const digits = found.split(/[:-]/).map((part) => part.padStart(2, "0")).join("");
    if (plainMac(digits) === mac) return address;
  }
  return undefined;
}

/** A question that VirtualBox refuses, as that for a lease on an interface without a server, is no answer. */
async function asked(vbox: VBoxManage, args: readonly string[], signal?: AbortSignal): Promise<string> {
  try {
    return await vbox.look(args, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error) return "";
    throw error;
  }
}

/** The address of a running node, or nothing while nobody knows it. */
export async function addressOf(
  vbox: VBoxManage,
  { uuid, folder, management }: NodeRecord,
  signal?: AbortSignal,
): Promise<Address | undefined> {
  const { mac, attach, target, port } = management;
  const at = (address: string) => ({ address, port });
  if (management.address !== undefined) return at(management.address);
  const told = consoleAddresses(await consoleText(folder)).get(mac);
  if (told !== undefined) return at(told);
  const guest = parseGuestAddresses(await asked(vbox, ["guestproperty", "enumerate", uuid], signal)).get(mac);
  if (guest !== undefined) return at(guest);
  if (target !== undefined && attach.startsWith("host-only")) {
    const kind = attach === "host-only" ? "--interface" : "--network";
    const lease = parseLease(
      await asked(
        vbox,
        ["dhcpserver", "findlease", `${kind}=${target}`, `--mac-address=${colonMac(mac)}`],
        signal,
      ),
    );
    if (lease !== undefined) return at(lease);
  }
  const near = neighbourAddress(await neighbours(), mac);
  return near === undefined ? undefined : at(near);
}
