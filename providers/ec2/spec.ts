// What a node spec means here: the image, the type, and what EC2 cannot honour.
import { PalletError } from "../../engine/errors.ts";
import type { Problem } from "../../engine/provider/provider.ts";
import type { ImageSpec, NodeSpec, PortSpec } from "../../engine/spec/types.ts";
import { extrasOf, extrasProblems } from "./extras.ts";
import {
  chooseType,
  hardwareSpecProblems,
  type InstanceType,
  namedTypeProblems,
  type Types,
} from "./hardware.ts";
import { archOf, type Ec2Image } from "./image.ts";
import { imageProblems, type Images, noImage } from "./images.ts";
import type { Ec2Options } from "./options.ts";

/** What choosing goes by. */
export interface Market {
  readonly options: Ec2Options;
  readonly images: Images;
  readonly types: Types;
  region(): Promise<string>;
}

/** What a spec comes to. */
export interface Choice {
  readonly image?: Ec2Image;
  readonly type?: InstanceType;
  readonly problems: readonly Problem[];
}

/** A port or a range, for EC2. */
export interface Ports {
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
}

/** Ports of a spec as EC2 has them. */
export function portsOf(specs: readonly PortSpec[]): readonly Ports[] {
  return specs.map((spec) => {
    if (typeof spec === "number") return { protocol: "tcp", from: spec, to: spec };
    const protocol = (spec.protocol ?? "tcp").toLowerCase();
    return { protocol, from: spec.startPort, to: spec.endPort ?? spec.startPort };
  });
}

function portProblems(spec: NodeSpec): readonly Problem[] {
  return portsOf(spec.network?.inboundPorts ?? []).flatMap(
    ({ protocol, from, to }, at): readonly Problem[] => {
      const path = `network.inboundPorts[${at}]`;
      if (!["tcp", "udp", "icmp"].includes(protocol)) {
        return [{
          path: `${path}.protocol`,
          message: `security groups know tcp, udp and icmp, not ${protocol}`,
        }];
      }
      const least = protocol === "icmp" ? -1 : 0;
      const fine = [from, to].every((port) => Number.isInteger(port) && port >= least && port <= 65_535) &&
        from <= to;
      return fine ? [] : [{ path, message: `is no range of ports: ${from} to ${to}` }];
    },
  );
}

/** What can be said against a spec without asking AWS. */
function staticProblems(spec: NodeSpec, options: Ec2Options, region: string): readonly Problem[] {
  const { hardware = {}, location = {}, qos = {} } = spec;
  const { locationId } = location;
  const inRegion = locationId === undefined || locationId === region ||
    (locationId.startsWith(region) && /^[a-z]$|^-/.test(locationId.slice(region.length)));
  const extras = extrasProblems(spec);
  const extra = extras.length > 0 ? {} : extrasOf(spec);
  return [
    ...imageProblems(spec.image ?? {}),
    ...hardwareSpecProblems(hardware),
    ...portProblems(spec),
    ...extras,
    ...(inRegion ? [] : [{
      path: "location.locationId",
      message: `the service is in ${region}, not in ${locationId}`,
      help: "Another region is another service.",
    }]),
    ...(qos.spotPrice !== undefined && qos.spotPrice <= 0
      ? [{ path: "qos.spotPrice", message: `must be more than 0 dollars an hour, not ${qos.spotPrice}` }]
      : []),
    ...(qos.spotPrice !== undefined && extra.disableApiTermination === true
      ? [{
        path: "provider.ec2.disableApiTermination",
        message: "instances at a spot price cannot be protected",
      }]
      : []),
    ...(qos.spotPrice !== undefined && extra.shutdownBehavior === "stop"
      ? [{
        path: "provider.ec2.shutdownBehavior",
        message: "instances at a spot price end when they shut down",
      }]
      : []),
    ...(options.keyPair === "none" && extra.userData !== undefined && extra.keyPair === undefined
      ? [{
        path: "provider.ec2.userData",
        message: "the service has no key pair, so the public key goes with the user data, which is told here",
        help: "Name a key pair, or put the key into these user data and name any key pair that exists.",
      }]
      : []),
  ];
}

function imageSpecOf(spec: NodeSpec, options: Ec2Options): ImageSpec {
  const image = spec.image ?? {};
  return image.imageId === undefined && image.osFamily === undefined && options.image !== undefined
    ? { ...image, imageId: options.image }
    : image;
}

/** Chooses image and type, as far as nothing speaks against the spec. */
export async function choose(spec: NodeSpec, market: Market, signal?: AbortSignal): Promise<Choice> {
  const { options, images, types } = market;
  const region = await market.region();
  const statics = staticProblems(spec, options, region);
  if (statics.length > 0) return { problems: statics };
  const { hardware = {}, qos = {} } = spec;
  const imageSpec = imageSpecOf(spec, options);
  const hasWishes = [
    hardware.minCores,
    hardware.minRam,
    hardware.smallest,
    hardware.fastest,
    hardware.biggest,
  ]
    .some((wish) => wish !== undefined && wish !== false);
  const typeName = hardware.hardwareId ?? (hasWishes ? undefined : options.hardware);
  const named = typeName === undefined ? undefined : await types.named(typeName, signal);
  if (typeName !== undefined && named === undefined) {
    return {
      problems: [{
        path: "hardware.hardwareId",
        message: `${region} has no instance type ${typeName}`,
        help: "pallet hardware shows what there is.",
      }],
    };
  }
  const asked = hardware.architecture === undefined ? undefined : archOf(hardware.architecture);
  const searched = asked ?? named?.archs[0];
  const image = await images.find(imageSpec, searched, signal);
  if (image === undefined) return { problems: [noImage(imageSpec, searched)] };
  const problems: Problem[] = [];
  if (asked !== undefined && image.arch !== asked) {
    problems.push({
      path: "hardware.architecture",
      message: `image ${image.id} is ${image.arch}, not ${asked}`,
    });
  }
  if (image.user === undefined) {
    problems.push({
      path: "image.overrideLoginUser",
      message: `nobody is known who logs in to nodes of image ${image.id} first`,
      help: "Say it: overrideLoginUser.",
    });
  }
  const type = named ??
    chooseType(await types.all(signal), hardware, image.arch, region, qos.spotPrice !== undefined);
  if (type === undefined) {
    problems.push({
      path: "hardware",
      message: `no instance type of ${region} for ${image.arch} has what is asked for: ${
        JSON.stringify(hardware)
      }`,
    });
    return { image, problems };
  }
  return { image, type, problems: [...problems, ...namedTypeProblems(type, spec, image.arch)] };
}

/**
 * Image and type of a spec.
 *
 * @throws {PalletError} for what EC2 cannot honour.
 */
export async function chooseOrThrow(
  spec: NodeSpec,
  market: Market,
  signal?: AbortSignal,
): Promise<{ readonly image: Ec2Image; readonly type: InstanceType }> {
  const { image, type, problems } = await choose(spec, market, signal);
  if (problems.length === 0 && image !== undefined && type !== undefined) return { image, type };
  throw new PalletError(
    `EC2 cannot make nodes: ${problems.map(({ path, message }) => `${path}: ${message}`).join("; ")}`,
    { kind: "provider", help: problems.flatMap(({ help }) => help ?? []).join(" ") },
  );
}
