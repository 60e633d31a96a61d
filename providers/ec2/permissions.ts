// Which calls of EC2 we may make: each is made so that EC2 says whether it would be allowed, and does nothing.
import type { Ec2Api } from "./api.ts";
import { codeOf } from "./errors.ts";
import type { Ec2Image } from "./image.ts";
import { ownInstances } from "./nodes.ts";
import { plainTags, TAG } from "./tags.ts";

/** `unknown`, with EC2's code, where it gave another answer. */
export type Verdict = "allowed" | "forbidden" | `unknown: ${string}`;

/** What the calls are about. */
export interface Questions {
  readonly api: Ec2Api;
  readonly scope: string;
  readonly vpc?: string;
  readonly subnet?: string;
  /** An image that an instance could be made of. */
  readonly image: Ec2Image | undefined;
}

async function verdictOf(work: () => Promise<unknown>): Promise<Verdict> {
  try {
    await work();
    return "allowed";
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === "DryRunOperation") return "allowed";
    return /^(?:UnauthorizedOperation|AccessDenied)/.test(code) ? "forbidden" : `unknown: ${code}`;
  }
}

const DryRun = true;

/** What there is of ours that calls can be about: one of each kind. */
interface Things {
  readonly instance?: string;
  readonly group?: string;
  readonly keyPair?: string;
}

/** Finds them; there is nothing to ask with where there is none, or where we may not look. */
async function thingsOf({ api, scope }: Questions, signal?: AbortSignal): Promise<Things> {
  const Filters = [{ Name: `tag:${TAG.service}`, Values: [scope] }];
  const [instances, groups, pairs] = await Promise.all([
    ownInstances(api, scope, { gone: false, ...(signal === undefined ? {} : { signal }) }).catch(() => []),
    api.describeSecurityGroups({ Filters }, signal).catch(() => ({ SecurityGroups: [] })),
    api.describeKeyPairs({ Filters }, signal).catch(() => ({ KeyPairs: [] })),
  ]);
  const instance = instances[0]?.InstanceId;
  const group = groups.SecurityGroups?.[0]?.GroupId;
  const keyPair = pairs.KeyPairs?.[0]?.KeyName;
  return {
    ...(instance === undefined ? {} : { instance }),
    ...(group === undefined ? {} : { group }),
    ...(keyPair === undefined ? {} : { keyPair }),
  };
}

/** Calls about what there is. */
async function callsOnThings(questions: Questions, signal?: AbortSignal) {
  const { api } = questions;
  const { instance, group, keyPair } = await thingsOf(questions, signal);
  const instances = { DryRun, InstanceIds: [instance ?? ""] };
  const tags = { DryRun, Resources: [instance ?? ""], Tags: plainTags({ [TAG.owner]: "doctor" }) };
  const IpPermissions = [{
    IpProtocol: "tcp",
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp: "192.0.2.0/24" }],
  }];
  const rules = { DryRun, GroupId: group ?? "", IpPermissions };
  return {
    ...(instance === undefined ? {} : {
      StartInstances: () => api.startInstances(instances, signal),
      StopInstances: () => api.stopInstances(instances, signal),
      RebootInstances: () => api.rebootInstances(instances, signal),
      TerminateInstances: () => api.terminateInstances(instances, signal),
      GetConsoleOutput: () => api.consoleOutput({ DryRun, InstanceId: instance }, signal),
      CreateTags: () => api.createTags(tags, signal),
      DeleteTags: () => api.deleteTags(tags, signal),
    }),
    ...(group === undefined ? {} : {
      AuthorizeSecurityGroupIngress: () => api.authorizeIngress(rules, signal),
      RevokeSecurityGroupIngress: () => api.revokeIngress(rules, signal),
      DeleteSecurityGroup: () => api.deleteSecurityGroup({ DryRun, GroupId: group }, signal),
    }),
    ...(keyPair === undefined ? {} : {
      DeleteKeyPair: () => api.deleteKeyPair({ DryRun, KeyName: keyPair }, signal),
    }),
  };
}

function callsOfLaunch({ api, scope, vpc, subnet, image }: Questions, signal?: AbortSignal) {
  const tags = (ResourceType: "instance" | "security-group" | "key-pair") => ({
    TagSpecifications: [{ ResourceType, Tags: plainTags({ [TAG.service]: scope }) }],
  });
  return {
    CreateSecurityGroup: () =>
      api.createSecurityGroup({
        DryRun,
        GroupName: `pallet ${scope} doctor`,
        Description: "asked for, never made",
        ...(vpc === undefined ? {} : { VpcId: vpc }),
        ...tags("security-group"),
      }, signal),
    ImportKeyPair: () =>
      api.importKeyPair({
        DryRun,
        KeyName: `pallet-${scope}-doctor`,
        PublicKeyMaterial: new TextEncoder().encode("ssh-ed25519 AAAA"),
        ...tags("key-pair"),
      }, signal),
    ...(image === undefined ? {} : {
      RunInstances: () =>
        api.runInstances({
          DryRun,
          ImageId: image.id,
          InstanceType: image.arch === "aarch64" ? "t4g.micro" : "t3.micro",
          MinCount: 1,
          MaxCount: 1,
          ...(subnet === undefined ? {} : { SubnetId: subnet }),
          ...tags("instance"),
        }, signal),
    }),
  };
}

/** What we may do, by the names of calls. */
export async function permissionsOf(
  questions: Questions,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, Verdict>>> {
  const { api } = questions;
  const calls = {
    DescribeInstances: () => api.describeInstances({ DryRun }, signal),
    DescribeInstanceStatus: () => api.describeInstanceStatus({ DryRun }, signal),
    DescribeImages: () => api.describeImages({ DryRun, Owners: ["self"] }, signal),
    DescribeInstanceTypes: () => api.describeInstanceTypes({ DryRun }, signal),
    DescribeRegions: () => api.describeRegions({ DryRun }, signal),
    DescribeSubnets: () => api.describeSubnets({ DryRun }, signal),
    DescribeSecurityGroups: () => api.describeSecurityGroups({ DryRun }, signal),
    DescribeKeyPairs: () => api.describeKeyPairs({ DryRun }, signal),
    ...callsOfLaunch(questions, signal),
    ...await callsOnThings(questions, signal),
  };
  const verdicts = await Promise.all(
    Object.entries(calls).map(async ([name, work]) => [name, await verdictOf(work)] as const),
  );
  signal?.throwIfAborted();
  return Object.fromEntries(verdicts);
}
