// The machines of a service, running or not.
import { basename } from "node:path";
import type { Node, NodeState } from "../../engine/spec/node.ts";
import { isBelow, type Kept, keptPlans } from "./folder.ts";
import { type LongMachine, parseExtraData, parseLongMachines } from "./parse.ts";
import { type NodeRecord, RECORD_KEY, recordOf } from "./plan.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** A machine of ours. */
export interface OwnMachine {
  readonly record: NodeRecord;
  /** As VirtualBox calls it, or `half-made`. */
  readonly state: string;
  /** Whether VirtualBox knows it; one that was just begun it may not. */
  readonly registered: boolean;
}

/** Looks at one time. */
const LOOKS = 8;

/** Works on items, a few at one time, in their order. */
export async function fewAtOnce<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += LOOKS) {
    results.push(...await Promise.all(items.slice(at, at + LOOKS).map(work)));
  }
  return results;
}

function halfMade({ stage }: Kept): boolean {
  return stage === "making";
}

/**
 * All machines of a service: those whose record in VirtualBox names it, those that VirtualBox cannot read but whose
 * folder is a node's, and those that were half made. Others are never looked into further than their listing.
 */
export async function ownMachines(
  vbox: VBoxManage,
  service: string,
  nodePath: string,
  signal?: AbortSignal,
): Promise<readonly OwnMachine[]> {
  const [text, plans] = await Promise.all([
    vbox.look(["list", "--long", "vms"], { signal }),
    keptPlans(nodePath),
  ]);
  const all = parseLongMachines(text);
  const planOf = (uuid: string) => plans.find(({ plan }) => plan.record.uuid === uuid);
  const candidates = all.filter(({ groups, uuid, settingsFile }) =>
    groups.some((group) => group.startsWith("/pallet/")) || planOf(uuid) !== undefined ||
    isBelow(settingsFile, nodePath)
  );
  const listed = await fewAtOnce(candidates, async (machine): Promise<readonly OwnMachine[]> => {
    const record = await tagged(vbox, machine, signal) ?? planOf(machine.uuid)?.plan.record;
    if (record === undefined || record.service !== service) return [];
    const plan = planOf(machine.uuid);
    const state = plan !== undefined && halfMade(plan) ? "half-made" : machine.state;
    return [{ record: { ...record, uuid: machine.uuid }, state, registered: true }];
  });
  const begun = plans.filter((plan) =>
    halfMade(plan) && plan.plan.record.service === service &&
    all.every(({ uuid }) => uuid !== plan.plan.record.uuid)
  );
  return [
    ...listed.flat(),
    ...begun.map(({ plan }) => ({ record: plan.record, state: "half-made", registered: false })),
  ];
}

async function tagged(
  vbox: VBoxManage,
  { uuid, state }: LongMachine,
  signal?: AbortSignal,
): Promise<NodeRecord | undefined> {
  if (state === "inaccessible") return undefined;
  return recordOf(parseExtraData(await vbox.look(["getextradata", uuid, RECORD_KEY], { signal })));
}

const STATES: Readonly<Record<string, NodeState>> = {
  running: "running",
  poweroff: "stopped",
  saved: "stopped",
  aborted: "stopped",
  "aborted-saved": "stopped",
  teleported: "stopped",
  paused: "stopped",
  starting: "pending",
  restoring: "pending",
  settingup: "pending",
  stopping: "pending",
  saving: "pending",
  gurumeditation: "failed",
  inaccessible: "failed",
  "half-made": "failed",
};

/** A machine as a node. */
export function nodeOf(
  { record, state }: OwnMachine,
  service: string,
  address: { readonly address: string; readonly port: number } | undefined,
): Node {
  const { name, group, uuid, image, cores, ram, os, tags, createdAt, folder, forwards } = record;
  return {
    id: uuid,
    name,
    service,
    provider: "virtualbox",
    group,
    state: STATES[state] ?? "unknown",
    ...(address === undefined
      ? {}
      : { primaryIp: address.address, privateIp: address.address, sshPort: address.port }),
    image,
    // A seed names it; what has none has an image's name.
    ...(record.hostKey === undefined ? { unnamed: true as const } : {}),
    hardware: { cores, ram },
    os,
    tags,
    createdAt,
    extra: {
      folder,
      machine: state,
      ...(forwards.length === 0 ? {} : {
        forwards: forwards.map(({ hostPort, guestPort, protocol }) =>
          `${protocol} 127.0.0.1:${hostPort} -> ${guestPort}`
        ),
      }),
    },
  };
}

/** Name of a node's folder within the nodes' folder. */
export function folderName(name: string, uuid: string): string {
  return basename(`${name}-${uuid.slice(0, 8)}`);
}
