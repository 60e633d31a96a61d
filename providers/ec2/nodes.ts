// Our instances as nodes: what EC2 lists by our tags, and what was asked for and is not yet to be seen there.
import type { Instance } from "@aws-sdk/client-ec2";
import type { Node, NodeState, OsFacts } from "../../engine/spec/node.ts";
import type { Ec2Api } from "./api.ts";
import { pages } from "./api.ts";
import type { Types } from "./hardware.ts";
import type { Launch } from "./journal.ts";
import type { Launcher } from "./launch.ts";
import { nameOf } from "./naming.ts";
import { stateOf, TAG, tagOf } from "./tags.ts";

/** Milliseconds for which EC2's listings may lack what it has made. */
const consistency = 10 * 60 * 1000;
/** Milliseconds for which EC2 knows a token for certain; a launch that is older and not listed was never made. */
const tokenTime = 12 * 3600 * 1000;

const states: Readonly<Record<string, NodeState>> = {
  pending: "pending",
  running: "running",
  stopping: "stopped",
  stopped: "stopped",
};

/** Whether it is gone for good, or on its way. */
export function isGone(instance: Instance): boolean {
  return !(instance.State?.Name !== undefined && instance.State.Name in states);
}

/** Operating system as a tag: `debian/12/bookworm/debian`. */
export function osTag(os: OsFacts): string {
  return [os.id, os.version, os.codename, os.family].join("/");
}

function osOf(tag: string | undefined): OsFacts | undefined {
  if (tag === undefined) return undefined;
  const [id = "", version = "", codename = "", family = id] = tag.split("/");
  return id === "" ? undefined : { id, version, codename, family };
}

/** A service, for the nodes that it has. */
export interface Owner {
  readonly service: string;
  readonly types: Types;
  /** What nodes are reached by. */
  readonly address: "public" | "private" | "id";
}

/** An instance of ours as a node. */
export function nodeOf(instance: Instance, owner: Owner): Node {
  const id = instance.InstanceId ?? "";
  const tags = instance.Tags ?? [];
  const { PublicIpAddress: publicIp, PrivateIpAddress: privateIp } = instance;
  const primary = owner.address === "public" ? publicIp ?? privateIp : privateIp;
  const group = tagOf(tags, TAG.group);
  const type = instance.InstanceType ?? "";
  const { CoreCount: cores, ThreadsPerCore: threads = 1 } = instance.CpuOptions ?? {};
  const known = owner.types.known(type);
  const size = {
    ...(known === undefined ? {} : { cores: known.cores, ram: known.ram }),
    ...(known !== undefined || cores === undefined ? {} : { cores: cores * threads }),
  };
  const os = osOf(tagOf(tags, TAG.os));
  const user = tagOf(tags, TAG.user);
  const zone = instance.Placement?.AvailabilityZone;
  const reason = instance.StateReason?.Message;
  return {
    id,
    name: nameOf(instance) ?? id,
    service: owner.service,
    provider: "ec2",
    state: states[instance.State?.Name ?? ""] ?? "unknown",
    sshPort: 22,
    tags: stateOf(tags),
    hardware: size,
    extra: {
      type,
      ...(user === undefined ? {} : { user }),
      ...(zone === undefined ? {} : { zone }),
      ...(publicIp === undefined ? {} : { publicIp }),
      ...(instance.InstanceLifecycle === undefined ? {} : { lifecycle: instance.InstanceLifecycle }),
      ...(reason === undefined || reason === "" ? {} : { reason }),
    },
    ...(group === undefined ? {} : { group }),
    ...(primary === undefined ? {} : { primaryIp: primary }),
    ...(privateIp === undefined ? {} : { privateIp }),
    ...(instance.ImageId === undefined ? {} : { image: instance.ImageId }),
    ...(os === undefined ? {} : { os }),
    ...(instance.LaunchTime === undefined ? {} : { createdAt: instance.LaunchTime.toISOString() }),
  };
}

/** Id of a node whose launch nobody knows the end of. */
function pendingId(launch: Launch, at: number): string {
  return `${launch.token}.${at}`;
}

/** Launch and launch index of a node that {@linkcode listNodes} knows from the journal alone. */
export function placeInLaunch(node: Node): { readonly token: string; readonly at: number } | undefined {
  const { token, at } = /^(?<token>pallet-[0-9a-f-]+)\.(?<at>\d+)$/.exec(node.id)?.groups ?? {};
  return token === undefined || at === undefined ? undefined : { token, at: Number(at) };
}

/** Nodes of a launch that is not to be seen yet. */
function pendingNodes(launch: Launch, seen: ReadonlySet<string>, service: string): readonly Node[] {
  return launch.names.flatMap((name, at): readonly Node[] => {
    const id = launch.ids === undefined ? pendingId(launch, at) : launch.ids[at];
    if (id === undefined || seen.has(id)) return [];
    return [{
      id,
      name,
      service,
      provider: "ec2",
      group: launch.group,
      state: "pending",
      image: launch.image,
      tags: launch.tags,
      createdAt: new Date(launch.at).toISOString(),
      extra: { launch: launch.token },
    }];
  });
}

/** All instances that carry the tag of a scope. */
export async function ownInstances(
  api: Ec2Api,
  scope: string,
  options: { readonly gone: boolean; readonly group?: string; readonly signal?: AbortSignal },
): Promise<readonly Instance[]> {
  const instances: Instance[] = [];
  const input = {
    MaxResults: 1000,
    Filters: [
      { Name: `tag:${TAG.service}`, Values: [scope] },
      ...(options.group === undefined ? [] : [{ Name: `tag:${TAG.group}`, Values: [options.group] }]),
      ...(options.gone ? [] : [{ Name: "instance-state-name", Values: Object.keys(states) }]),
    ],
  };
  for await (const page of pages(api.describeInstances, input, options.signal)) {
    for (const reservation of page.Reservations ?? []) instances.push(...reservation.Instances ?? []);
  }
  // EC2 filters; what it lets through all the same is not ours either.
  return instances.filter(({ Tags }) => tagOf(Tags, TAG.service) === scope);
}

/** Age first, then id: the same order on each workstation. */
export function elderFirst(instances: readonly Instance[]): readonly Instance[] {
  return instances.toSorted((one, other) =>
    (one.LaunchTime?.getTime() ?? 0) - (other.LaunchTime?.getTime() ?? 0) ||
    (one.InstanceId ?? "").localeCompare(other.InstanceId ?? "")
  );
}

/**
 * All nodes of a service. What the journal has and the listing shows is taken out of the journal; what the listing
 * does not show yet is a node that is pending. Two instances of one name: the younger is called by its id as well.
 */
export async function listNodes(
  { api, journal, naming }: Launcher,
  scope: string,
  owner: Owner,
  signal?: AbortSignal,
): Promise<readonly Node[]> {
  const launches = await journal.launches();
  const all = await ownInstances(api, scope, {
    gone: launches.length > 0,
    ...(signal === undefined ? {} : { signal }),
  });
  const alive = all.filter((instance) => !isGone(instance));
  naming.see(alive);
  const taken = new Set<string>();
  const nodes = elderFirst(alive).map((instance) => {
    const node = nodeOf(instance, owner);
    if (taken.has(node.name)) return { ...node, name: `${node.name}-${node.id}`, doubleOf: node.name };
    taken.add(node.name);
    return node;
  });
  const seen = new Set(all.map(({ InstanceId }) => InstanceId ?? ""));
  for (const launch of launches) {
    const settled = await settleSeen(launch, all, journal);
    nodes.push(
      ...settled === undefined
        ? []
        : pendingNodes(settled, seen, owner.service).filter(({ name }) => !taken.has(name)),
    );
  }
  return nodes.sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
}

/** Takes what is listed of a launch out of the journal; the rest of it, if there is any. */
async function settleSeen(
  launch: Launch,
  all: readonly Instance[],
  journal: Launcher["journal"],
): Promise<Launch | undefined> {
  const made = all.filter(({ Tags }) => tagOf(Tags, TAG.launch) === launch.token);
  const age = Date.now() - launch.at;
  const seen = new Set(made.map(({ InstanceId }) => InstanceId));
  // One call makes all of its instances in one step; a listing that has one may lack others for a while.
  const done = launch.ids === undefined
    ? made.length === launch.names.length || age > (made.length > 0 ? consistency : tokenTime)
    : launch.ids.every((id) => seen.has(id)) || age > consistency;
  if (!done) return launch;
  await journal.remove(launch.token);
  return undefined;
}
