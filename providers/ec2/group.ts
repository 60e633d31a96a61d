// What the nodes of a group share: a security group with the group's ports, made before the first and removed after
// the last.
import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";
import { PalletError } from "../../engine/errors.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";
import type { Ec2Api } from "./api.ts";
import { codeOf, isNotFound } from "./errors.ts";
import { insist } from "./insist.ts";
import { type Ports, portsOf } from "./spec.ts";
import { plainTags, TAG, tagOf } from "./tags.ts";

/** Seconds for which EC2 may hold on to a security group whose instances have gone. */
const releaseTime = 120;

/** Where a group's security group is kept. */
export interface Ground {
  readonly api: Ec2Api;
  readonly scope: string;
  /** Networks that reach port 22. */
  readonly sshFrom: readonly string[];
  readonly owner: string;
}

/** One rule, so that rules can be compared. */
interface Rule extends Ports {
  /** A network, or the id of a security group. */
  readonly source: string;
}

function key({ protocol, from, to, source }: Rule): string {
  return `${protocol} ${from} ${to} ${source}`;
}

/** Rules that a spec asks for: its ports for the world, ssh for those who may, all traffic within the group. */
export function wantedRules(spec: NodeSpec, sshFrom: readonly string[], groupId: string): readonly Rule[] {
  const world = ["0.0.0.0/0", "::/0"];
  const ports = portsOf(spec.network?.inboundPorts ?? []).filter(({ protocol, from, to }) =>
    !(protocol === "tcp" && from === 22 && to === 22)
  );
  const rules = [
    ...sshFrom.map((source) => ({ protocol: "tcp", from: 22, to: 22, source })),
    ...ports.flatMap((port) => world.map((source) => ({ ...port, source }))),
    { protocol: "-1", from: -1, to: -1, source: groupId },
  ];
  return [...new Map(rules.map((rule) => [key(rule), rule])).values()];
}

function rulesOf(permissions: readonly IpPermission[]): readonly Rule[] {
  return permissions.flatMap((permission) => {
    const { IpProtocol: protocol = "-1", FromPort: from = -1, ToPort: to = -1 } = permission;
    const sources = [
      ...(permission.IpRanges ?? []).map(({ CidrIp }) => CidrIp),
      ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6),
      ...(permission.UserIdGroupPairs ?? []).map(({ GroupId }) => GroupId),
      ...(permission.PrefixListIds ?? []).map(({ PrefixListId }) => PrefixListId),
    ];
    return sources.flatMap((source) => source === undefined ? [] : [{ protocol, from, to, source }]);
  });
}

function permissionOf({ protocol, from, to, source }: Rule): IpPermission {
  const ports = protocol === "-1" ? {} : { FromPort: from, ToPort: to };
  const target = source.startsWith("sg-")
    ? { UserIdGroupPairs: [{ GroupId: source }] }
    : source.startsWith("pl-")
    ? { PrefixListIds: [{ PrefixListId: source }] }
    : source.includes(":")
    ? { Ipv6Ranges: [{ CidrIpv6: source }] }
    : { IpRanges: [{ CidrIp: source }] };
  return { IpProtocol: protocol, ...ports, ...target };
}

async function find(ground: Ground, group: string, vpc: string | undefined, signal?: AbortSignal) {
  const { SecurityGroups: groups = [] } = await ground.api.describeSecurityGroups({
    Filters: [
      { Name: `tag:${TAG.service}`, Values: [ground.scope] },
      { Name: `tag:${TAG.group}`, Values: [group] },
      ...(vpc === undefined ? [] : [{ Name: "vpc-id", Values: [vpc] }]),
    ],
  }, signal);
  return groups.filter(({ Tags }) =>
    tagOf(Tags, TAG.service) === ground.scope && tagOf(Tags, TAG.group) === group
  );
}

function groupName(scope: string, group: string): string {
  return `pallet ${scope} ${group}`.replaceAll(/[^A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]/g, "-").slice(0, 255);
}

async function make(
  ground: Ground,
  group: string,
  vpc: string | undefined,
  signal?: AbortSignal,
): Promise<SecurityGroup> {
  const name = groupName(ground.scope, group);
  try {
    const { GroupId: id } = await ground.api.createSecurityGroup({
      GroupName: name,
      Description: `Nodes of group ${group.replaceAll(/[^A-Za-z0-9._-]/g, "-").slice(0, 200)}`,
      ...(vpc === undefined ? {} : { VpcId: vpc }),
      TagSpecifications: [{
        ResourceType: "security-group",
        Tags: plainTags({
          Name: name,
          [TAG.service]: ground.scope,
          [TAG.group]: group,
          [TAG.owner]: ground.owner,
        }),
      }],
    }, signal);
    return { ...(id === undefined ? {} : { GroupId: id }), IpPermissions: [] };
  } catch (thrown) {
    if (codeOf(thrown) !== "InvalidGroup.Duplicate") throw thrown;
    // Somebody else made it in the meantime, or it is no group of ours.
    const [found] = await find(ground, group, vpc, signal);
    if (found !== undefined) return found;
    throw new PalletError(
      `Cannot make security group "${name}": there is one of that name which is not ours`,
      {
        kind: "provider",
        help: "Remove it, or give the service a prefix.",
        cause: thrown,
      },
    );
  }
}

/** A rule that another run has made or removed in the meantime is as it should be. */
async function unless(codes: RegExp, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    if (!codes.test(codeOf(thrown))) throw thrown;
  }
}

/** The id of a group's security group, which has exactly the rules that the spec asks for; made when it is missing. */
export async function ensureSecurityGroup(
  ground: Ground,
  group: string,
  spec: NodeSpec,
  vpc: string | undefined,
  signal?: AbortSignal,
): Promise<string> {
  const [found] = await find(ground, group, vpc, signal);
  const own = found ?? await make(ground, group, vpc, signal);
  const id = own.GroupId ?? "";
  const wanted = wantedRules(spec, ground.sshFrom, id);
  const present = rulesOf(own.IpPermissions ?? []);
  const [wantedKeys, presentKeys] = [new Set(wanted.map(key)), new Set(present.map(key))];
  const missing = wanted.filter((rule) => !presentKeys.has(key(rule)));
  const surplus = present.filter((rule) => !wantedKeys.has(key(rule)));
  if (missing.length > 0) {
    const input = { GroupId: id, IpPermissions: missing.map(permissionOf) };
    await unless(/^InvalidPermission\.Duplicate$/, ground.api.authorizeIngress(input, signal));
  }
  if (surplus.length > 0) {
    const input = { GroupId: id, IpPermissions: surplus.map(permissionOf) };
    await unless(/^InvalidPermission\.NotFound$/, ground.api.revokeIngress(input, signal));
  }
  return id;
}

/** Removes a group's security groups, and waits for a while until EC2 lets go of them. */
export async function removeSecurityGroup(
  ground: Ground,
  group: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const { GroupId: id = "" } of await find(ground, group, undefined, signal)) {
    const remove = async () => {
      try {
        await ground.api.deleteSecurityGroup({ GroupId: id }, signal);
      } catch (thrown) {
        if (!isNotFound(thrown)) throw thrown;
      }
    };
    await insist(remove, {
      seconds: releaseTime,
      passes: (thrown) => codeOf(thrown) === "DependencyViolation",
      signal,
    });
  }
}
