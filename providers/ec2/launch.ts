// Making instances: one call of RunInstances for all that one call can make, tagged in that call, journalled before it.
import type { Instance, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { CreateRequest } from "../../engine/provider/provider.ts";
import type { Ec2Api } from "./api.ts";
import { codeOf, isNotFound, isRefusal } from "./errors.ts";
import { extrasOf, indexOf } from "./extras.ts";
import type { InstanceType } from "./hardware.ts";
import type { Ec2Image } from "./images.ts";
import { type Journal, type Launch, newToken } from "./journal.ts";
import type { Login } from "./keys.ts";
import { osTag } from "./nodes.ts";
import type { Ec2Options } from "./options.ts";
import { pause } from "./pause.ts";
import type { Place } from "./place.ts";
import { joinNames, partition, plainTags, stateTags, TAG } from "./tags.ts";
import { base64 } from "./user_data.ts";

/** Most instances of one call. */
const mostAtOnce = 50;
/** Milliseconds for which EC2 may not know what we have just made for it: a security group, a key pair. */
const newTime = 60_000;

/** What all instances of a request have in common. */
export interface Mold {
  readonly options: Ec2Options;
  readonly image: Ec2Image;
  readonly type: InstanceType;
  readonly place: Place;
  readonly login: Login;
  readonly securityGroup: string;
  readonly owner: string;
}

function devicesOf(request: CreateRequest, mold: Mold) {
  const { image } = mold;
  const { blockDevices = [] } = extrasOf(request.nodeSpec);
  const minDisk = request.nodeSpec.hardware?.minDisk;
  const told = blockDevices.map((device) => ({ ...device, device: device.device ?? image.rootDevice }));
  const root = told.find(({ device }) => device === image.rootDevice);
  if (
    minDisk !== undefined && image.rootDevice !== undefined && minDisk > (root?.size ?? image.rootSize ?? 0)
  ) {
    if (root === undefined) told.unshift({ device: image.rootDevice, size: minDisk });
    else root.size = minDisk;
  }
  return told.map((
    { device, size, type, iops, throughput, encrypted, kmsKeyId, snapshot, deleteOnTermination },
  ) => ({
    ...(device === undefined ? {} : { DeviceName: device }),
    Ebs: {
      // What nobody asks to keep is billed for ever when it stays.
      DeleteOnTermination: deleteOnTermination ?? true,
      ...(size === undefined ? {} : { VolumeSize: size }),
      ...(type === undefined ? {} : { VolumeType: type }),
      ...(iops === undefined ? {} : { Iops: iops }),
      ...(throughput === undefined ? {} : { Throughput: throughput }),
      ...(encrypted === undefined ? {} : { Encrypted: encrypted }),
      ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
      ...(snapshot === undefined ? {} : { SnapshotId: snapshot }),
    },
  }));
}

function networkOf(
  request: CreateRequest,
  mold: Mold,
  names: readonly string[],
): Partial<RunInstancesRequest> {
  const { privateAddresses = [], securityGroups = [] } = extrasOf(request.nodeSpec);
  const groups = [mold.securityGroup, ...securityGroups];
  const index = indexOf(names[0] ?? "");
  const address = index === undefined ? undefined : privateAddresses[index - 1];
  const fixed = address === undefined ? {} : { PrivateIpAddress: address };
  const { subnet } = mold.place;
  if (subnet === undefined) return { SecurityGroupIds: groups, ...fixed };
  if (mold.options.address !== "public") return { SecurityGroupIds: groups, SubnetId: subnet, ...fixed };
  // Subnets that are not EC2's own default give no public address unless told.
  return {
    NetworkInterfaces: [{
      DeviceIndex: 0,
      SubnetId: subnet,
      Groups: groups,
      AssociatePublicIpAddress: true,
      DeleteOnTermination: true,
      ...fixed,
    }],
  };
}

/** Input of RunInstances for some names of a request, without its token. */
export function runInput(
  request: CreateRequest,
  mold: Mold,
  names: readonly string[],
  token: string,
): RunInstancesRequest {
  const { options, image, type, place, login } = mold;
  const { qos = {} } = request.nodeSpec;
  const extra = extrasOf(request.nodeSpec);
  const profile = extra.iamInstanceProfile ?? options.iamInstanceProfile;
  const [only] = names;
  const own = plainTags({
    ...options.tags,
    ...extra.tags,
    ...(names.length === 1 && only !== undefined ? { Name: only } : { Name: request.group }),
    [TAG.service]: options.scope,
    [TAG.group]: request.group,
    [TAG.names]: joinNames(names),
    [TAG.launch]: token,
    [TAG.owner]: mold.owner,
    ...(image.user === undefined ? {} : { [TAG.user]: image.user }),
    ...(image.os === undefined ? {} : { [TAG.os]: osTag(image.os) }),
  });
  const spot = qos.spotPrice === undefined ? [] : ["spot-instances-request" as const];
  const devices = devicesOf(request, mold);
  const placement = {
    ...(place.zone === undefined ? {} : { AvailabilityZone: place.zone }),
    ...(extra.tenancy === undefined ? {} : { Tenancy: extra.tenancy }),
    ...(extra.placementGroup === undefined ? {} : { GroupName: extra.placementGroup }),
  };
  const { endpoint = true, requireToken = true, hopLimit } = extra.metadata ?? {};
  return {
    ImageId: image.id,
    InstanceType: type.id as NonNullable<RunInstancesRequest["InstanceType"]>,
    MinCount: 1,
    MaxCount: names.length,
    TagSpecifications: [
      { ResourceType: "instance", Tags: [...own, ...stateTags(request.tags)] },
      ...["volume" as const, "network-interface" as const, ...spot].map((kind) => ({
        ResourceType: kind,
        Tags: own,
      })),
    ],
    MetadataOptions: {
      HttpEndpoint: endpoint ? "enabled" : "disabled",
      HttpTokens: requireToken ? "required" : "optional",
      ...(hopLimit === undefined ? {} : { HttpPutResponseHopLimit: hopLimit }),
    },
    ...networkOf(request, mold, names),
    ...(devices.length === 0 ? {} : { BlockDeviceMappings: devices }),
    ...(Object.keys(placement).length === 0 ? {} : { Placement: placement }),
    ...(login.keyPair === undefined ? {} : { KeyName: login.keyPair }),
    ...(login.userData === undefined ? {} : { UserData: base64(login.userData) }),
    ...(qos.enableMonitoring === undefined ? {} : { Monitoring: { Enabled: qos.enableMonitoring } }),
    ...(qos.spotPrice === undefined ? {} : {
      InstanceMarketOptions: {
        MarketType: "spot",
        SpotOptions: { MaxPrice: String(qos.spotPrice), SpotInstanceType: "one-time" },
      },
    }),
    ...(profile === undefined
      ? {}
      : { IamInstanceProfile: profile.startsWith("arn:") ? { Arn: profile } : { Name: profile } }),
    ...(extra.ebsOptimized === undefined ? {} : { EbsOptimized: extra.ebsOptimized }),
    ...(extra.disableApiTermination === undefined
      ? {}
      : { DisableApiTermination: extra.disableApiTermination }),
    ...(extra.shutdownBehavior === undefined
      ? {}
      : { InstanceInitiatedShutdownBehavior: extra.shutdownBehavior }),
    ...(extra.cpuCredits === undefined ? {} : { CreditSpecification: { CpuCredits: extra.cpuCredits } }),
  };
}

/** The launches of a request: names in parts that one call can make. */
export function launchesOf(request: CreateRequest, mold: Mold, names: readonly string[]): readonly Launch[] {
  // One call cannot give several instances an address each.
  const most = extrasOf(request.nodeSpec).privateAddresses === undefined ? mostAtOnce : 1;
  return partition(names, most).map((part) => {
    const token = newToken();
    const input = JSON.parse(JSON.stringify(runInput(request, mold, part, token))) as JsonObject;
    return {
      format: 1,
      token,
      group: request.group,
      names: part,
      input,
      image: mold.image.id,
      tags: request.tags,
      at: Date.now(),
    };
  });
}

/** What came of a launch. */
export interface Launched {
  readonly launch: Launch;
  /** By launch index; fewer than names where EC2 had no more. */
  readonly instances: readonly Instance[];
}

/**
 * Makes the call of a launch, for the first time or again: with its token EC2 makes nothing twice. What EC2 refused is
 * taken out of the journal; what nobody knows the end of stays there, for the next who looks.
 *
 * @param again Whether the call may have been made before.
 */
export async function run(
  api: Ec2Api,
  journal: Journal,
  launch: Launch,
  again: boolean,
  signal?: AbortSignal,
): Promise<Launched> {
  if (!again) await journal.write(launch);
  const input = { ...launch.input, ClientToken: launch.token } as RunInstancesRequest;
  const until = Date.now() + newTime;
  for (let wait = 500;; wait = Math.min(wait * 2, 5000)) {
    try {
      const { Instances: made = [] } = await api.runInstances(input, signal);
      const instances = made.toSorted((one, other) =>
        (one.AmiLaunchIndex ?? 0) - (other.AmiLaunchIndex ?? 0)
      );
      const ids = instances.map(({ InstanceId }) => InstanceId ?? "");
      await journal.write({ ...launch, names: launch.names.slice(0, ids.length), ids });
      return { launch, instances };
    } catch (thrown) {
      if (/^Invalid(?:Group|KeyPair)\.NotFound$/.test(codeOf(thrown)) && Date.now() < until) {
        await pause(wait, signal);
        continue;
      }
      throw await verdict(journal, launch, again, thrown);
    }
  }
}

/** What a failed call means for its launch. */
async function verdict(journal: Journal, launch: Launch, again: boolean, thrown: unknown): Promise<unknown> {
  const forbidden = /^(?:UnauthorizedOperation|AccessDenied)/.test(codeOf(thrown));
  if (isRefusal(thrown) && !(again && forbidden)) {
    await journal.remove(launch.token);
    return thrown;
  }
  return new PalletError(
    `It is not known whether EC2 made ${launch.names.join(", ")}: ${messageOf(thrown)}`,
    {
      kind: "provider",
      help: "Run the command again: it asks EC2 the same once more, which makes nothing twice." +
        (thrown instanceof PalletError && thrown.help !== undefined ? ` ${thrown.help}` : ""),
      cause: thrown,
    },
  );
}

/** Gives instances of one call the names that people see; who they are is in their tags already. */
export async function nameInstances(
  api: Ec2Api,
  { launch, instances }: Launched,
  signal?: AbortSignal,
): Promise<void> {
  if (instances.length < 2 && launch.names.length < 2) return;
  const name = async (instance: Instance, at: number): Promise<void> => {
    const input = {
      Resources: [instance.InstanceId ?? ""],
      Tags: plainTags({ Name: launch.names[at] ?? "" }),
    };
    const until = Date.now() + newTime;
    for (let wait = 500;; wait = Math.min(wait * 2, 5000)) {
      try {
        await api.createTags(input, signal);
        return;
      } catch (thrown) {
        if (!isNotFound(thrown) || Date.now() > until) throw thrown;
        await pause(wait, signal);
      }
    }
  };
  const waiting = [...instances.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await name(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 5 }, worker));
}
