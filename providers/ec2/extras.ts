import type { Problem } from "../../engine/provider/provider.ts";
import { map, object, problemsOf, v } from "../../engine/schema.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";
import { mostUserData } from "./user_data.ts";

const whole = v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(1, "must be at least 1"));
const name = v.pipe(v.string(), v.minLength(1, "must not be empty"));

/** A volume of a node. */
const device = object({
  /** `/dev/sdf`; the image's root device when it is left out. */
  device: v.optional(name),
  /** Gigabytes. */
  size: v.optional(whole),
  type: v.optional(v.picklist(["standard", "gp2", "gp3", "io1", "io2", "st1", "sc1"])),
  iops: v.optional(whole),
  /** Megabytes a second. */
  throughput: v.optional(whole),
  encrypted: v.optional(v.boolean()),
  kmsKeyId: v.optional(name),
  snapshot: v.optional(name),
  deleteOnTermination: v.optional(v.boolean()),
});

/** What a node spec may say under `provider.ec2`. */
export const extrasSchema = object({
  iamInstanceProfile: v.optional(name),
  blockDevices: v.optional(v.array(device)),
  userData: v.optional(v.pipe(v.string(), v.maxBytes(mostUserData, `must be at most ${mostUserData} bytes`))),
  tenancy: v.optional(v.picklist(["default", "dedicated", "host"])),
  placementGroup: v.optional(name),
  metadata: v.optional(object({
    endpoint: v.optional(v.boolean()),
    /** Whether answers take a token of the instance (IMDSv2); true unless told. */
    requireToken: v.optional(v.boolean()),
    hopLimit: v.optional(v.pipe(whole, v.maxValue(64, "must be at most 64"))),
  })),
  ebsOptimized: v.optional(v.boolean()),
  securityGroups: v.optional(
    v.array(v.pipe(v.string(), v.regex(/^sg-[0-9a-f]+$/, "must be an id like sg-0123abcd"))),
  ),
  keyPair: v.optional(name),
  disableApiTermination: v.optional(v.boolean()),
  shutdownBehavior: v.optional(v.picklist(["stop", "terminate"])),
  cpuCredits: v.optional(v.picklist(["standard", "unlimited"])),
  /** Private addresses by the number in a node's name: the first is of `web-1`. */
  privateAddresses: v.optional(v.array(v.pipe(v.string(), v.ipv4("must be an IPv4 address")))),
  tags: v.optional(map(name, v.string())),
});

/** What a node spec says under `provider.ec2`. */
export type Extras = v.InferOutput<typeof extrasSchema>;

/** A spec's extras, for one that {@linkcode extrasProblems} found nothing in. */
export function extrasOf(spec: NodeSpec): Extras {
  return v.parse(extrasSchema, spec.provider?.["ec2"] ?? {});
}

/** What is wrong with a spec's extras. */
export function extrasProblems(spec: NodeSpec): readonly Problem[] {
  const given = spec.provider?.["ec2"] ?? {};
  const problems = problemsOf(extrasSchema, given).map(({ path, message }) => ({
    path: path === "" ? "provider.ec2" : `provider.ec2.${path}`,
    message,
  }));
  if (problems.length > 0) return problems;
  const { tags = {} } = extrasOf(spec);
  return Object.keys(tags).filter((key) => /^(?:aws:|pallet\/)/.test(key)).map((key) => ({
    path: `provider.ec2.tags[${JSON.stringify(key)}]`,
    message: "is not yours to set",
  }));
}

/** The number in a node's name; nothing when it has none. */
export function indexOf(node: string): number | undefined {
  const digits = /-(\d+)$/.exec(node)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
