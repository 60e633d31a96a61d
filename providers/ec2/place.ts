// Where instances go: the subnet and the VPC that spec and service name.
import type { Subnet } from "@aws-sdk/client-ec2";
import type { Problem } from "../../engine/provider/provider.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";
import type { Ec2Api } from "./api.ts";
import { isNotFound } from "./errors.ts";
import type { Ec2Options } from "./options.ts";

/** Where instances of a spec go. All absent: EC2's default. */
export interface Place {
  readonly subnet?: string;
  readonly vpc?: string;
  readonly zone?: string;
  readonly problems: readonly Problem[];
}

/** Subnets that were asked for, by the client that asked: they do not move. */
const subnets = new WeakMap<Ec2Api, Map<string, Subnet>>();

async function subnetById(api: Ec2Api, id: string, signal?: AbortSignal): Promise<Subnet | undefined> {
  const known = subnets.get(api) ?? new Map<string, Subnet>();
  subnets.set(api, known);
  if (known.has(id)) return known.get(id);
  try {
    const subnet = (await api.describeSubnets({ SubnetIds: [id] }, signal)).Subnets?.[0];
    if (subnet !== undefined) known.set(id, subnet);
    return subnet;
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw thrown;
  }
}

/** Zone of a spec; nothing when it names the region or none. */
function zoneOf(spec: NodeSpec, region: string): string | undefined {
  const { locationId } = spec.location ?? {};
  return locationId === region ? undefined : locationId;
}

/** Finds the place of a spec. */
export async function placeOf(
  api: Ec2Api,
  spec: NodeSpec,
  options: Ec2Options,
  region: string,
  signal?: AbortSignal,
): Promise<Place> {
  const zone = zoneOf(spec, region);
  const inZone = zone === undefined ? {} : { zone };
  const named = spec.location?.subnetId ?? options.subnet;
  const path = spec.location?.subnetId === undefined ? "location" : "location.subnetId";
  const refuse = (message: string, help: string): Place => ({
    ...inZone,
    problems: [{ path, message, help }],
  });
  if (named !== undefined) {
    const subnet = await subnetById(api, named, signal);
    if (subnet === undefined) {
      return refuse(`${region} has no subnet ${named}`, "Subnets belong to a region.");
    }
    const { VpcId: vpc, AvailabilityZone: own } = subnet;
    if (zone !== undefined && own !== zone) {
      return refuse(`subnet ${named} is in ${own}, not in ${zone}`, "Leave one of them out.");
    }
    if (options.vpc !== undefined && options.vpc !== vpc) {
      return refuse(
        `subnet ${named} is in ${vpc}, not in ${options.vpc}`,
        "Leave out one of them in the service.",
      );
    }
    return { subnet: named, ...(vpc === undefined ? {} : { vpc }), ...inZone, problems: [] };
  }
  if (options.vpc === undefined) return { ...inZone, problems: [] };
  const { Subnets: subnets = [] } = await api.describeSubnets({
    Filters: [
      { Name: "vpc-id", Values: [options.vpc] },
      ...(zone === undefined ? [] : [{ Name: "availability-zone", Values: [zone] }]),
    ],
  }, signal);
  const [roomiest] = subnets.toSorted((one, other) =>
    (other.AvailableIpAddressCount ?? 0) - (one.AvailableIpAddressCount ?? 0) ||
    (one.SubnetId ?? "").localeCompare(other.SubnetId ?? "")
  );
  if (roomiest?.SubnetId === undefined) {
    return refuse(
      `VPC ${options.vpc} has no subnet${zone === undefined ? "" : ` in ${zone}`}`,
      "Make one, or name one.",
    );
  }
  return { subnet: roomiest.SubnetId, vpc: options.vpc, ...inZone, problems: [] };
}
