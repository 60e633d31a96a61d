// Sizes of the lab's nodes: the machine's own, and those that the configuration defines.
import { explicitFirst, type HardwareModel } from "../../engine/provider/models.ts";
import type { Hardware, Problem } from "../../engine/provider/provider.ts";
import { hardwareOf, sizeProblems } from "../../engine/provider/sizes.ts";
import type { HardwareSpec } from "../../engine/spec/types.ts";

/** What the machine has to give. */
export interface MachineSize {
  readonly cores: number;
  /** Megabytes. */
  readonly ram: number;
  readonly arch: string;
}

/** The size that is the machine itself. */
const MACHINE = "machine";

/** Limits of a node; 0: none but the machine's. */
export interface Limits {
  readonly cores: number;
  /** Megabytes. */
  readonly ram: number;
}

/** All sizes, those of the configuration first. */
export function labSizes(models: readonly HardwareModel[], machine: MachineSize): readonly Hardware[] {
  const own: Hardware = {
    id: MACHINE,
    cores: machine.cores,
    ram: machine.ram,
    description: "this machine's; a node is limited to the minCores and minRam that its spec asks for",
    origin: "this machine",
  };
  return explicitFirst(models.map((model) => hardwareOf(model, machine)), [own]);
}

/** Problems of the size that a spec names. */
export function namedSizeProblems(
  spec: HardwareSpec,
  models: readonly HardwareModel[],
  machine: MachineSize,
): readonly Problem[] {
  const { hardwareId } = spec;
  if (hardwareId === undefined) return [];
  const sizes = labSizes(models, machine);
  const size = sizes.find(({ id }) => id === hardwareId);
  if (size === undefined) {
    return [{
      path: "hardware.hardwareId",
      message: `the lab has no hardware "${hardwareId}"`,
      help: `It has ${sizes.map(({ id }) => id).join(", ")}; or ask for a size by minCores and minRam.`,
    }];
  }
  if (models.every(({ id }) => id !== hardwareId)) return [];
  const { cores, ram, disk, id, origin } = size;
  const more = (path: string, has: number, of: number, unit: string): readonly Problem[] =>
    has <= of ? [] : [{ path, message: `size "${id}" (${origin}) has ${has} ${unit}, this machine ${of}` }];
  return [
    ...more("hardware.hardwareId", cores, machine.cores, "cores"),
    ...more("hardware.hardwareId", ram, machine.ram, "megabytes of memory"),
    ...(disk === undefined ? [] : [{
      path: "hardware.hardwareId",
      message: `size "${id}" (${origin}) has a disk; nodes of the lab share the machine's disk`,
    }]),
    ...sizeProblems(spec, size),
  ];
}

/** What a node is limited to: the size that its spec names, else the least that the spec asks for. */
export function limitsOf(spec: HardwareSpec, models: readonly HardwareModel[]): Limits {
  const model = models.find(({ id }) => id === spec.hardwareId);
  return { cores: model?.cores ?? spec.minCores ?? 0, ram: model?.ram ?? spec.minRam ?? 0 };
}
