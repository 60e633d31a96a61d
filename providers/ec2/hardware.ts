// Which instance type a spec means: by name, or the cheapest that fits.
import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import { join } from "node:path";
import type { Hardware, Problem } from "../../engine/provider/provider.ts";
import { object, problemsOf, v } from "../../engine/schema.ts";
import type { HardwareSpec, NodeSpec } from "../../engine/spec/types.ts";
import { type Ec2Api, pages } from "./api.ts";
import { codeOf, isNotFound } from "./errors.ts";
import { archOf } from "./image.ts";
import { priceOf, pricesOf, reference } from "./prices.ts";

/** An instance type. Plain data: kept in the cache. */
const typeSchema = object({
  id: v.string(),
  cores: v.number(),
  /** Megabytes. */
  ram: v.number(),
  /** Gigabytes of disks that go with the instance. */
  disk: v.optional(v.number()),
  archs: v.array(v.string()),
  /** Gigahertz. */
  clock: v.number(),
  current: v.boolean(),
  bare: v.boolean(),
  spot: v.boolean(),
  ebsOptimized: v.boolean(),
  gpu: v.boolean(),
});

/** An instance type. */
export type InstanceType = v.InferOutput<typeof typeSchema>;

const cacheSchema = object({
  format: v.literal(2),
  at: v.number(),
  whole: v.boolean(),
  types: v.array(typeSchema),
});

/** Milliseconds that a list of types is good for. */
const cacheTime = 7 * 24 * 3600 * 1000;

/** Memory of nodes whose spec and service ask for no size, in megabytes. */
const defaultRam = 1024;

function typeOf(info: InstanceTypeInfo): InstanceType {
  const disk = info.InstanceStorageInfo?.TotalSizeInGB;
  return {
    id: info.InstanceType ?? "",
    cores: info.VCpuInfo?.DefaultVCpus ?? 0,
    ram: info.MemoryInfo?.SizeInMiB ?? 0,
    archs: (info.ProcessorInfo?.SupportedArchitectures ?? []).map(archOf),
    clock: info.ProcessorInfo?.SustainedClockSpeedInGhz ?? 0,
    current: info.CurrentGeneration ?? false,
    bare: info.BareMetal ?? false,
    spot: info.SupportedUsageClasses?.includes("spot") ?? false,
    ebsOptimized: info.EbsInfo?.EbsOptimizedSupport !== "unsupported",
    gpu: info.GpuInfo !== undefined,
    ...(disk === undefined ? {} : { disk }),
  };
}

/** Whether a type has what a spec asks for. */
function fits(type: InstanceType, spec: HardwareSpec, arch: string, spot: boolean): boolean {
  return type.archs.includes(arch) && type.cores >= (spec.minCores ?? 0) && type.ram >= (spec.minRam ?? 0) &&
    (!spot || type.spot);
}

/**
 * The type for a spec that names none: the cheapest that fits, or the fastest or biggest. It is one whose price is known
 * somewhere, where one fits: `biggest` is not meant to be the machine that costs a thousand times the others.
 */
export function chooseType(
  types: readonly InstanceType[],
  spec: HardwareSpec,
  arch: string,
  region: string,
  spot: boolean,
): InstanceType | undefined {
  const wanted = spec.minCores === undefined && spec.minRam === undefined && spec.smallest !== true
    ? { ...spec, minRam: defaultRam }
    : spec;
  const fitting = types.filter((type) => !type.bare && !type.gpu && fits(type, wanted, arch, spot));
  const isKnownIn = (where: string) => ({ id }: InstanceType) => priceOf(id, where) !== undefined;
  const known = fitting.filter(isKnownIn(reference));
  const candidates = known.length > 0 ? known : fitting.filter(({ current }) => current);
  // Prices of two regions do not compare.
  const basis = candidates.every(isKnownIn(region)) ? region : reference;
  const price = ({ id }: InstanceType) => priceOf(id, basis) ?? 0;
  const byPrice = (one: InstanceType, other: InstanceType) =>
    price(one) - price(other) || one.cores - other.cores || one.ram - other.ram ||
    one.id.localeCompare(other.id);
  const order = spec.fastest === true
    ? (one: InstanceType, other: InstanceType) =>
      other.cores - one.cores || other.clock - one.clock || byPrice(one, other)
    : spec.biggest === true
    ? (one: InstanceType, other: InstanceType) =>
      other.ram - one.ram || other.cores - one.cores || byPrice(one, other)
    : byPrice;
  return candidates.toSorted(order)[0];
}

/** What can be said against a hardware spec without asking AWS. */
export function hardwareSpecProblems(spec: HardwareSpec): readonly Problem[] {
  const { architecture, smallest, fastest, biggest, hardwareId } = spec;
  const wishes = Object.entries({ smallest, fastest, biggest }).filter(([, wish]) => wish === true);
  return [
    ...(architecture === undefined || ["x86_64", "aarch64"].includes(archOf(architecture)) ? [] : [{
      path: "hardware.architecture",
      message: `EC2 has x86_64 and aarch64, not ${architecture}`,
    }]),
    ...(wishes.length < 2 ? [] : wishes.slice(1).map(([key]) => ({
      path: `hardware.${key}`,
      message: `cannot be asked for together with ${wishes[0]?.[0]}`,
    }))),
    ...(hardwareId === undefined ? [] : wishes.map(([key]) => ({
      path: `hardware.${key}`,
      message: `hardwareId names ${hardwareId} already`,
    }))),
  ];
}

/** What speaks against the type that a spec names. */
export function namedTypeProblems(
  type: InstanceType,
  spec: NodeSpec,
  arch: string | undefined,
): readonly Problem[] {
  const { minCores = 0, minRam = 0 } = spec.hardware ?? {};
  const problems: Problem[] = [];
  const refuse = (path: string, message: string) => problems.push({ path, message });
  if (type.cores < minCores) {
    refuse("hardware.minCores", `${type.id} has ${type.cores} cores, not ${minCores}`);
  }
  if (type.ram < minRam) {
    refuse("hardware.minRam", `${type.id} has ${type.ram} megabytes of memory, not ${minRam}`);
  }
  if (arch !== undefined && !type.archs.includes(arch)) {
    refuse("hardware.hardwareId", `${type.id} is ${type.archs.join(" or ")}, the image is ${arch}`);
  }
  if (spec.qos?.spotPrice !== undefined && !type.spot) {
    refuse("qos.spotPrice", `${type.id} is not to be had for a spot price`);
  }
  return problems;
}

/** Instance types of a region, each asked for once. */
export interface Types {
  /** A type by its name; nothing when there is none. */
  named(id: string, signal?: AbortSignal): Promise<InstanceType | undefined>;
  all(signal?: AbortSignal): Promise<readonly InstanceType[]>;
  /** What is known of a type without asking. */
  known(id: string): InstanceType | undefined;
}

/** The types of a region, kept in a folder for a week. `key` tells regions and clouds apart. */
export function openTypes(api: Ec2Api, folder: string, key: () => Promise<string>): Types {
  const known = new Map<string, InstanceType>();
  let kept: Promise<boolean> | undefined;
  let asking: Promise<void> | undefined;

  /** Takes what the folder has; whether that is all there are. */
  const recall = async (): Promise<boolean> => {
    try {
      const value: unknown = JSON.parse(await Deno.readTextFile(join(folder, `types-${await key()}.json`)));
      if (problemsOf(cacheSchema, value).length > 0) return false;
      const { at, whole, types } = v.parse(cacheSchema, value);
      if (Date.now() - at > cacheTime || at > Date.now()) return false;
      for (const type of types) known.set(type.id, type);
      return whole;
    } catch {
      // A cache that cannot be read is none.
      return false;
    }
  };

  const keep = async (whole: boolean): Promise<void> => {
    await Deno.mkdir(folder, { recursive: true });
    const file = join(folder, `types-${await key()}.json`);
    const part = `${file}.${crypto.randomUUID()}`;
    await Deno.writeTextFile(
      part,
      JSON.stringify({ format: 2, at: Date.now(), whole, types: [...known.values()] }),
    );
    await Deno.rename(part, file);
  };

  const askAll = async (signal?: AbortSignal): Promise<void> => {
    for await (const page of pages(api.describeInstanceTypes, { MaxResults: 100 }, signal)) {
      for (const type of (page.InstanceTypes ?? []).map(typeOf)) known.set(type.id, type);
    }
    kept = Promise.resolve(true);
    await keep(true);
  };

  return {
    known: (id) => known.get(id),
    async all(signal) {
      if (!await (kept ??= recall())) {
        try {
          await (asking ??= askAll(signal));
        } finally {
          asking = undefined;
        }
      }
      return [...known.values()];
    },
    async named(id, signal) {
      const whole = await (kept ??= recall());
      const found = known.get(id);
      if (found !== undefined || whole) return found;
      try {
        const { InstanceTypes: [info] = [] } = await api.describeInstanceTypes(
          { InstanceTypes: [id as NonNullable<InstanceTypeInfo["InstanceType"]>] },
          signal,
        );
        if (info === undefined) return undefined;
        const type = typeOf(info);
        known.set(id, type);
        await keep(false);
        return type;
      } catch (thrown) {
        if (isNotFound(thrown) || /InvalidInstanceType|InvalidParameterValue/.test(codeOf(thrown))) {
          return undefined;
        }
        throw thrown;
      }
    },
  };
}

/** A type for listings. */
export function publicHardware(type: InstanceType, region: string): Hardware {
  const price = priceOf(type.id, region);
  return {
    id: type.id,
    cores: type.cores,
    ram: type.ram,
    ...(type.disk === undefined ? {} : { disk: type.disk }),
    description: [
      type.archs.join(", "),
      ...(price === undefined ? [] : [`$${price} an hour (${pricesOf})`]),
    ].join("; "),
    origin: `EC2 ${region}`,
  };
}
