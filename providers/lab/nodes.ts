import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { PalletError } from "../../engine/errors.ts";
import type { CreateRequest } from "../../engine/provider/provider.ts";
import type { LabImage } from "./images.ts";
import {
  addressOf,
  formatSubnet,
  hardwareAddress,
  type LabNames,
  lastIndex,
  parseSubnet,
  vethName,
} from "./names.ts";
import type { Helper } from "./helper.ts";
import { makeKeyPair } from "./openssh_key.ts";
import type { NodeRecord, Store } from "./store.ts";

/** What the nodes of an image have in common. */
export interface Mold {
  readonly image: LabImage;
  readonly layer: string;
  readonly user: string;
  readonly memory: number;
  readonly cores: number;
}

/** A host name made from a node's name. */
function hostnameOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9-]+/g, "-").replace(/^-+/, "").slice(0, 63).replace(/-+$/, "") ||
    "node";
}

/**
 * Writes the records of a request's nodes that do not exist yet; call it with the store locked.
 *
 * @throws {PalletError} when a name is another group's, or the subnet is full.
 */
export async function recordNodes(
  store: Store,
  service: string,
  subnetText: string,
  request: CreateRequest,
  mold: Mold,
): Promise<readonly NodeRecord[]> {
  const subnet = parseSubnet(subnetText);
  if (subnet === undefined) {
    throw new PalletError(`The lab's subnet is no network: ${subnetText}`, { kind: "provider" });
  }
  const existing = await store.nodes();
  const used = new Set([...existing, ...await store.removed()].map((node) => node.index));
  const records: NodeRecord[] = [];
  for (const name of request.names) {
    const known = existing.find((node) => node.name === name);
    if (known !== undefined) {
      if (known.group !== request.group) {
        throw new PalletError(
          `Cannot make node "${name}" of group "${request.group}": group "${known.group}" has a node of that name`,
          { kind: "provider" },
        );
      }
      records.push(known);
      continue;
    }
    let index = 2;
    while (used.has(index)) index++;
    if (index > lastIndex(subnet)) {
      throw new PalletError(`Cannot make node "${name}": the lab's subnet ${formatSubnet(subnet)} is full`, {
        kind: "provider",
        help: "Destroy some, or give the service a larger subnet.",
      });
    }
    used.add(index);
    const id = `${hostnameOf(name)}-${randomBytes(4).toString("hex")}`;
    const hostKey = makeKeyPair(`root@${hostnameOf(name)}`);
    const record: NodeRecord = {
      format: 1,
      id,
      name,
      group: request.group,
      service,
      index,
      address: addressOf(subnet, index),
      hostname: hostnameOf(name),
      image: mold.image.image.id,
      os: mold.image.image.os,
      kind: mold.image.kind,
      init: mold.image.init,
      layer: mold.layer,
      user: mold.user,
      memory: mold.memory,
      cores: mold.cores,
      hostKey: hostKey.publicKey,
      machineId: randomBytes(16).toString("hex"),
      token: request.token,
      tags: { ...request.tags },
      createdAt: new Date().toISOString(),
    };
    await store.addNode(record, hostKey.privateKey);
    records.push(record);
  }
  return records;
}

/** What starting takes besides a node's record. */
export interface Ground {
  readonly names: LabNames;
  readonly subnet: string;
  readonly mtu: string;
  /** Text of resolv.conf. */
  readonly resolv: string;
  readonly publicKey: string;
}

/** The cgroup of a node; its processes are in it from the first on. */
export function cgroupOf(names: LabNames, id: string): string {
  return `${names.cgroup}/${id}`;
}

/** Starts a node that does not run; one that runs is left alone. */
export async function startNode(
  helper: Helper,
  store: Store,
  ground: Ground,
  record: NodeRecord,
  signal?: AbortSignal,
): Promise<void> {
  const subnet = parseSubnet(ground.subnet);
  if (subnet === undefined) throw new TypeError(`no subnet: ${ground.subnet}`);
  const values = {
    dir: store.nodeFolder(record.id),
    cgroup: cgroupOf(ground.names, record.id),
    bridge: ground.names.bridge,
    veth: vethName(ground.names, record.index),
    mac: hardwareAddress(record.address),
    mtu: ground.mtu,
    address: record.address,
    prefix: String(subnet.prefix),
    gateway: addressOf(subnet, 1),
    hostname: record.hostname,
    kind: record.kind,
    init: record.init,
    layer: join(record.layer, "layer"),
    memory: String(record.memory),
    cores: String(record.cores),
    user: record.user,
    machine: record.machineId,
    hostpub: record.hostKey,
    key: ground.publicKey,
    resolv: ground.resolv,
  };
  await helper.run("node-start", Object.entries(values).map(([key, value]) => `${key}=${value}`), signal);
}

/** Ends and removes nodes whose removal has begun, by this command or by one that did not end it. */
export async function finishRemovals(helper: Helper, store: Store, names: LabNames): Promise<void> {
  await Promise.all((await store.removed()).map(({ id, index }) =>
    helper.run("node-remove", [
      store.removedFolder(id),
      cgroupOf(names, id),
      index === undefined ? "none" : vethName(names, index),
    ])
  ));
}
