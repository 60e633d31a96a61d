import type { HardwareModel } from "../../engine/provider/models.ts";
import type { Problem } from "../../engine/provider/provider.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";
import { imageProblems, type LabImage } from "./images.ts";
import { type MachineSize, namedSizeProblems } from "./sizes.ts";

function refuse(path: string, value: unknown, message: string, help?: string): readonly Problem[] {
  return value === undefined ? [] : [{ path, message, ...(help === undefined ? {} : { help }) }];
}

function atMost(path: string, value: number | undefined, most: number, unit: string): readonly Problem[] {
  if (value === undefined || value <= most) return [];
  return [{ path, message: `this machine has ${most} ${unit}, not ${value}` }];
}

/**
 * What the lab cannot honour in a node spec. Inbound ports need nothing: this machine and the nodes reach all ports,
 * and nobody else reaches any.
 */
export function specProblems(
  spec: NodeSpec,
  images: readonly LabImage[],
  machine: MachineSize,
  models: readonly HardwareModel[] = [],
): readonly Problem[] {
  const { hardware = {}, location = {}, qos = {}, provider = {} } = spec;
  const architecture = hardware.architecture;
  return [
    ...imageProblems(spec.image ?? {}, images),
    ...namedSizeProblems(hardware, models, machine),
    ...atMost("hardware.minCores", hardware.minCores, machine.cores, "cores"),
    ...atMost("hardware.minRam", hardware.minRam, machine.ram, "megabytes of memory"),
    ...refuse(
      "hardware.minDisk",
      hardware.minDisk,
      "nodes of the lab share the machine's disk; none is set apart",
    ),
    ...(architecture === undefined || architecture === machine.arch
      ? []
      : [{ path: "hardware.architecture", message: `this machine is ${machine.arch}, not ${architecture}` }]),
    ...refuse("location.locationId", location.locationId, "nodes of the lab are on this machine alone"),
    ...refuse(
      "location.subnetId",
      location.subnetId,
      "all nodes of a lab are in its one subnet",
      "A service may say which: option subnet.",
    ),
    ...refuse("qos.spotPrice", qos.spotPrice, "nodes of the lab cost nothing and have no spot price"),
    ...(qos.enableMonitoring === true
      ? [{ path: "qos.enableMonitoring", message: "the lab does not monitor nodes" }]
      : []),
    ...Object.keys(provider["lab"] ?? {}).map((key) => ({
      path: `provider.lab.${key}`,
      message: "the lab takes no extras",
    })),
  ];
}
