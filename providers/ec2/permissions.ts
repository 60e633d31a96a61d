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

/** Calls about instances of ours; there is nothing to ask with where there is none. */
async function callsOnInstances({ api, scope }: Questions, signal?: AbortSignal) {
  const all = await ownInstances(api, scope, { gone: false, ...(signal === undefined ? {} : { signal }) })
    .catch(() => []);
  const [id] = all.flatMap(({ InstanceId }) => InstanceId ?? []);
  if (id === undefined) return {};
  const about = { DryRun: true, InstanceIds: [id] };
  return {
    StartInstances: () => api.startInstances(about, signal),
    StopInstances: () => api.stopInstances(about, signal),
    RebootInstances: () => api.rebootInstances(about, signal),
    TerminateInstances: () => api.terminateInstances(about, signal),
  };
}

function callsOfLaunch({ api, scope, vpc, subnet, image }: Questions, signal?: AbortSignal) {
  const DryRun = true;
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
  const DryRun = true;
  const calls = {
    DescribeInstances: () => api.describeInstances({ DryRun }, signal),
    DescribeInstanceStatus: () => api.describeInstanceStatus({ DryRun }, signal),
    DescribeImages: () => api.describeImages({ DryRun, Owners: ["self"] }, signal),
    DescribeInstanceTypes: () => api.describeInstanceTypes({ DryRun }, signal),
    DescribeSubnets: () => api.describeSubnets({ DryRun }, signal),
    DescribeSecurityGroups: () => api.describeSecurityGroups({ DryRun }, signal),
    DescribeKeyPairs: () => api.describeKeyPairs({ DryRun }, signal),
    ...callsOfLaunch(questions, signal),
    ...await callsOnInstances(questions, signal),
  };
  const verdicts = await Promise.all(
    Object.entries(calls).map(async ([name, work]) => [name, await verdictOf(work)] as const),
  );
  signal?.throwIfAborted();
  return Object.fromEntries(verdicts);
}
