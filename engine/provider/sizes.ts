// Sizes that a configuration defines, as providers offer and check them.
import type { HardwareSpec } from "../spec/types.ts";
import type { HardwareModel } from "./models.ts";
import type { Hardware, Problem } from "./provider.ts";

/** What a model of a size lacks, as a provider has it: `base` tells what is not told. */
export function hardwareOf(
  model: HardwareModel,
  base: { readonly cores: number; readonly ram: number },
): Hardware {
  const { id, disk, origin, shadows } = model;
  return {
    id,
    cores: model.cores ?? base.cores,
    ram: model.ram ?? base.ram,
    ...(disk === undefined ? {} : { disk }),
    description: model.description ?? "",
    origin,
    ...(shadows.length === 0 ? {} : { shadows }),
  };
}

/** What speaks against a size that a spec names, by what the spec asks for besides. */
export function sizeProblems(spec: HardwareSpec, size: Hardware): readonly Problem[] {
  const least = [
    ["minCores", spec.minCores, size.cores, "cores"],
    ["minRam", spec.minRam, size.ram, "megabytes of memory"],
    ["minDisk", spec.minDisk, size.disk, "gigabytes of disk"],
  ] as const;
  return least.flatMap(([key, wanted, has, unit]) =>
    wanted === undefined || has === undefined || wanted <= has
      ? []
      : [{ path: `hardware.${key}`, message: `size "${size.id}" has ${has} ${unit}, not ${wanted}` }]
  );
}
