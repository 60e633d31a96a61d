// From a request to plans of machines: names, hardware addresses, ports and keys are settled here.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { CreateRequest } from "../../engine/provider/provider.ts";
import { makeKeyPair } from "../lab/openssh_key.ts";
import { diskFile } from "./build.ts";
import { osTypeOf } from "./images.ts";
import { folderName } from "./machines.ts";
import { plainMac } from "./parse.ts";
import type { Plan, PlannedAdapter, PlannedForward } from "./plan.ts";
import type { Selection } from "./selection.ts";

/** Ports of this machine that forwards are given. */
const FIRST_PORT = 22000;
const LAST_PORT = 29999;

/** Gives ports of this machine, each once. */
export class Ports {
  readonly #taken: Set<number>;

  /** @param taken Ports of nodes that may not run at the moment. */
  constructor(taken: Iterable<number>) {
    this.#taken = new Set(taken);
  }

  /** @throws {RangeError} when all are taken. */
  next(): number {
    for (let port = FIRST_PORT; port <= LAST_PORT; port++) {
      if (this.#taken.has(port) || !isFree(port)) continue;
      this.#taken.add(port);
      return port;
    }
    throw new RangeError(`all ports from ${FIRST_PORT} to ${LAST_PORT} of this machine are taken`);
  }
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}

/** What the nodes of a request have in common. */
export interface Mold {
  readonly request: CreateRequest;
  readonly selection: Selection;
  readonly service: string;
  readonly nodePath: string;
  readonly key: { readonly identity: string; readonly publicKey: string };
  readonly ports: Ports;
  /** The host-only network of adapters that name none. */
  readonly hostOnly: string | undefined;
}

/** A hardware address of VirtualBox's own range. */
function newMac(): string {
  return `080027${randomBytes(3).toString("hex").toUpperCase()}`;
}

function forwardsOf(mold: Mold, at: number): readonly PlannedForward[] {
  const { selection, ports } = mold;
  const own = (selection.adapters[at]?.forwards ?? []).map((one, number): PlannedForward => ({
    name: one.name ?? `forward${number + 1}`,
    protocol: one.protocol ?? "tcp",
    hostAddress: one.hostAddress ?? "127.0.0.1",
    hostPort: one.hostPort ?? ports.next(),
    guestPort: one.guestPort,
  }));
  if (at !== selection.management || selection.adapters[at]?.attach !== "nat") return own;
  const wanted = [{ protocol: "tcp", port: 22 }, ...selection.ports].filter(({ protocol, port }) =>
    own.every((one) => one.guestPort !== port || one.protocol !== protocol)
  );
  return [
    ...own,
    ...wanted.map(({ protocol, port }): PlannedForward => ({
      name: port === 22 ? "ssh" : `${protocol}${port}`,
      protocol,
      hostAddress: "127.0.0.1",
      hostPort: ports.next(),
      guestPort: port,
    })),
  ];
}

function adaptersOf(mold: Mold): readonly PlannedAdapter[] {
  return mold.selection.adapters.map((one, at): PlannedAdapter => {
    const isHostOnly = one.attach === "host-only" || one.attach === "host-only-network";
    const target = one.target ?? (isHostOnly ? mold.hostOnly : undefined);
    return {
      attach: one.attach,
      ...(target === undefined ? {} : { target }),
      mac: one.mac === undefined ? newMac() : plainMac(one.mac),
      type: one.type,
      speed: one.speed,
      connected: one.connected,
      promiscuous: one.promiscuous,
      address: one.address,
      gateway: one.gateway,
      forwards: forwardsOf(mold, at),
    };
  });
}

/** Where the adapter for management is reached; its address is known for NAT and where it is told. */
function managementOf(adapter: PlannedAdapter): Plan["record"]["management"] {
  const { mac, attach, target, address, forwards } = adapter;
  const ssh = forwards.find(({ guestPort, protocol }) => guestPort === 22 && protocol === "tcp");
  const common = { mac, attach, ...(target === undefined ? {} : { target }) };
  if (attach === "nat" && ssh !== undefined) {
    const host = ["0.0.0.0", "::", ""].includes(ssh.hostAddress) ? "127.0.0.1" : ssh.hostAddress;
    return { ...common, address: host, port: ssh.hostPort };
  }
  return { ...common, ...(address === undefined ? {} : { address: address.split("/")[0] ?? "" }), port: 22 };
}

/** The plan of one node of a request. */
export function planOf(mold: Mold, name: string): Plan {
  const { request, selection, service, nodePath, key } = mold;
  const { privateKey, password } = selection.image.model;
  const { image, machine, layout, size, user } = selection;
  const uuid = crypto.randomUUID();
  const folder = join(nodePath, folderName(name, uuid));
  const adapters = adaptersOf(mold);
  const management = adapters[selection.management];
  if (management === undefined) throw new RangeError("no adapter for management");
  const hostKey = image.seeded ? makeKeyPair(`root@${name}`) : undefined;
  const identity = privateKey ?? (image.seeded ? key.identity : undefined);
  const disks = layout.slots.flatMap((slot) =>
    typeof slot.what === "object" && typeof slot.what.disk === "number"
      ? [diskFile(folder, slot, slot.what.format ?? "VDI")]
      : []
  );
  return {
    record: {
      format: 1,
      service,
      name,
      group: request.group,
      uuid,
      folder,
      image: image.image.id,
      base: image.disk,
      os: image.image.os,
      size,
      cores: machine.cores,
      ram: machine.ram,
      user,
      ...(identity === undefined ? {} : { identity }),
      ...(password === undefined || image.seeded ? {} : { password }),
      ...(hostKey === undefined ? {} : { hostKey: hostKey.publicKey.split(" ").slice(0, 2).join(" ") }),
      management: managementOf(management),
      forwards: adapters.flatMap(({ forwards }) =>
        forwards.map(({ hostPort, guestPort, protocol }) => ({ hostPort, guestPort, protocol }))
      ),
      disks,
      start: machine.start ?? "headless",
      token: request.token,
      tags: { ...request.tags },
      createdAt: new Date().toISOString(),
    },
    machine,
    osType: machine.osType ?? osTypeOf(image),
    arm: image.image.arch === "aarch64",
    adapters,
    layout,
    ...(hostKey === undefined ? {} : { seed: { authorizedKey: key.publicKey, hostKey } }),
  };
}
