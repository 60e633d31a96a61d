// What RunInstances is asked for: everything that a spec says, and the tags by which what it makes is ours.
import type { RunInstancesRequest } from "@aws-sdk/client-ec2";
import type { JsonObject } from "../../engine/json.ts";
import type { CreateRequest } from "../../engine/provider/provider.ts";
import { extrasOf, indexOf } from "./extras.ts";
import type { InstanceType } from "./hardware.ts";
import type { Ec2Image } from "./image.ts";
import { type Launch, newToken } from "./journal.ts";
import type { Login } from "./keys.ts";
import { osTag } from "./nodes.ts";
import type { Ec2Options } from "./options.ts";
import type { Place } from "./place.ts";
import { joinNames, partition, plainTags, stateTags, TAG } from "./tags.ts";
import { base64 } from "./user_data.ts";

/** Most instances of one call. */
const mostAtOnce = 50;

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
