// Sizes of machines, and everything else that can be set about one.
import { explicitFirst, type HardwareModel } from "../../engine/provider/models.ts";
import type { Hardware, Problem } from "../../engine/provider/provider.ts";
import { hardwareOf, sizeProblems } from "../../engine/provider/sizes.ts";
import type { HardwareSpec } from "../../engine/spec/types.ts";
import { didYouMean } from "../../engine/suggest.ts";
import { type Attributes, hardwareExtras } from "./attributes.ts";
import { extrasOf, extrasProblems } from "./keys.ts";

/** A machine's hardware, whole. */
export interface Machine extends Attributes {
  readonly cores: number;
  readonly ram: number;
}

const BASE: Machine = {
  cores: 1,
  ram: 512,
  vram: 16,
  ioApic: true,
  acpi: true,
  utc: true,
  start: "headless",
};

const BUILT_IN: readonly (readonly [string, number, number])[] = [
  ["micro", 512, 1],
  ["small", 1024, 1],
  ["medium", 2048, 2],
  ["large", 4096, 4],
];

/** The sizes that are there without configuration. */
export const builtInSizes: readonly HardwareModel[] = BUILT_IN.map(([id, ram, cores]) => ({
  id,
  cores,
  ram,
  description: `${cores} ${cores === 1 ? "core" : "cores"}, ${ram} MB`,
  provider: {},
  origin: "built in",
  shadows: [],
}));

/** All sizes: those of the configuration, then those of files, then the built-in ones. */
export function allSizes(
  configured: readonly HardwareModel[],
  files: readonly HardwareModel[],
): readonly HardwareModel[] {
  return explicitFirst(configured, explicitFirst(files, builtInSizes));
}

/** A size as it is listed. */
export function listedSize(model: HardwareModel, sizes: readonly HardwareModel[]): Hardware {
  return hardwareOf(model, resolved(model, sizes));
}

function ownExtras(model: HardwareModel): unknown {
  return model.provider["virtualbox"] ?? {};
}

/** What a size and those that it extends tell; a circle ends where it closes. */
function told(
  model: HardwareModel,
  sizes: readonly HardwareModel[],
  seen: readonly string[] = [],
): Attributes {
  const { extends: base, ...own } = extrasOf(hardwareExtras, ownExtras(model));
  const below = base === undefined || seen.includes(base) ? undefined : sizes.find(({ id }) => id === base);
  return {
    ...(below === undefined ? {} : told(below, sizes, [...seen, model.id])),
    ...(model.cores === undefined ? {} : { cores: model.cores }),
    ...(model.ram === undefined ? {} : { ram: model.ram }),
    ...own,
  };
}

function resolved(model: HardwareModel, sizes: readonly HardwareModel[]): Machine {
  return { ...BASE, ...told(model, sizes) } as Machine;
}

function unknownSize(id: string, path: string, sizes: readonly HardwareModel[]): Problem {
  const ids = sizes.map((size) => size.id);
  return {
    path,
    message: `there is no hardware "${id}".${didYouMean(id, ids)}`,
    help: `There is ${ids.join(", ")}.`,
  };
}

function modelProblems(
  model: HardwareModel,
  sizes: readonly HardwareModel[],
  path: string,
): readonly Problem[] {
  const problems = extrasProblems(
    hardwareExtras,
    ownExtras(model),
    `${path} "${model.id}" (${model.origin})`,
  );
  if (problems.length > 0) return problems;
  const { extends: base } = extrasOf(hardwareExtras, ownExtras(model));
  if (base === undefined) return [];
  const under = sizes.find(({ id }) => id === base);
  if (under === undefined) return [unknownSize(base, `${path}.extends`, sizes)];
  return under.id === model.id ? [{ path, message: `size "${model.id}" extends itself` }] : [];
}

function byRoom(one: HardwareModel, other: HardwareModel): number {
  return (one.ram ?? 0) - (other.ram ?? 0) || (one.cores ?? 0) - (other.cores ?? 0);
}

/** The size that a spec asks for: by its id, as the smallest or biggest of all, or the service's own. */
function baseOf(
  spec: HardwareSpec,
  sizes: readonly HardwareModel[],
  preferred: string,
): HardwareModel | undefined {
  if (spec.hardwareId !== undefined) return sizes.find(({ id }) => id === spec.hardwareId);
  const sorted = sizes.toSorted(byRoom);
  if (spec.smallest === true) return sorted[0];
  if (spec.biggest === true || spec.fastest === true) return sorted.at(-1);
  return sizes.find(({ id }) => id === preferred);
}

/** What a spec asks for and its extras say, as {@linkcode chooseHardware} takes it. */
export interface HardwareWish {
  readonly spec: HardwareSpec;
  /** `provider.virtualbox.hardware` of the node spec: a size of its own, or a change to the chosen one. */
  readonly inline: unknown;
  /** What the image says of machines made of it: counts where neither size nor spec says otherwise. */
  readonly under?: (Attributes & { readonly extends?: string | undefined }) | undefined;
  readonly sizes: readonly HardwareModel[];
  /** Id of the size for specs that ask for none. */
  readonly preferred: string;
  readonly arch: string;
}

/** The hardware for a spec, by what it is called, or what speaks against it. */
export function chooseHardware(
  { spec, inline, under, sizes, preferred, arch }: HardwareWish,
): { readonly machine: Machine; readonly size: string } | readonly Problem[] {
  const at = "provider.virtualbox.hardware";
  const wrong = extrasProblems(hardwareExtras, inline ?? {}, at);
  if (wrong.length > 0) return wrong;
  const { extends: base, ...own } = extrasOf(hardwareExtras, inline ?? {});
  if (base !== undefined && spec.hardwareId !== undefined) {
    return [{ path: `${at}.extends`, message: `hardware.hardwareId says "${spec.hardwareId}" already` }];
  }
  const { extends: imageBase, ...imageOwn } = under ?? {};
  const wanted = base === undefined ? spec : { ...spec, hardwareId: base };
  const model = baseOf(wanted, sizes, imageBase ?? preferred);
  if (model === undefined) {
    const path = base === undefined ? "hardware.hardwareId" : `${at}.extends`;
    return [unknownSize(wanted.hardwareId ?? preferred, path, sizes)];
  }
  const problems = [
    ...modelProblems(model, sizes, "hardware"),
    ...(spec.architecture === undefined || spec.architecture === arch ? [] : [{
      path: "hardware.architecture",
      message: `machines of this workstation are ${arch}, not ${spec.architecture}`,
    }]),
  ];
  if (problems.length > 0) return problems;
  // A size that was asked for counts more than the image, and the image more than one that nobody asked for.
  const asked = wanted.hardwareId !== undefined;
  const machine =
    (asked
      ? { ...BASE, ...imageOwn, ...told(model, sizes), ...own }
      : { ...resolved(model, sizes), ...imageOwn, ...own }) as Machine;
  if (wanted.hardwareId !== undefined) {
    const { minDisk: _, ...least } = spec;
    const tooSmall = sizeProblems(least, {
      ...listedSize(model, sizes),
      cores: machine.cores,
      ram: machine.ram,
    });
    return tooSmall.length > 0 ? tooSmall : { machine, size: model.id };
  }
  return {
    machine: {
      ...machine,
      cores: Math.max(machine.cores, own.cores === undefined ? spec.minCores ?? 0 : 0),
      ram: Math.max(machine.ram, own.ram === undefined ? spec.minRam ?? 0 : 0),
    },
    size: model.id,
  };
}
