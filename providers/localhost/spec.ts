import type { Hardware, Image, Problem } from "../../engine/provider/provider.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";

/** Whether a value is what this machine is; absent: a key that nothing here can honour. */
type Fits = (value: unknown) => boolean;

const anything: Fits = () => true;
const among = (...values: readonly unknown[]): Fits => (value) => values.includes(value);
const atMost = (most: number): Fits => (value) => typeof value === "number" && value <= most;
const matched = (text: string): Fits => (value) => new RegExp(`^(?:${String(value)})$`).test(text);

function imageFits({ id, os, arch, description }: Image): Readonly<Record<string, Fits>> {
  return {
    imageId: among(id),
    osFamily: among(os.id, os.family),
    osVersion: among(os.version),
    osVersionMatches: matched(os.version),
    osNameMatches: matched(os.id),
    osDescriptionMatches: matched(description),
    osArchMatches: matched(arch),
    os64Bit: among(["x86_64", "aarch64"].includes(arch)),
  };
}

function hardwareFits(hardware: Hardware, arch: string): Readonly<Record<string, Fits>> {
  return {
    hardwareId: among(hardware.id),
    minCores: atMost(hardware.cores),
    minRam: atMost(hardware.ram),
    architecture: among(arch),
    // There is one size, so that it is all of these.
    smallest: anything,
    fastest: anything,
    biggest: anything,
  };
}

function misfits(
  section: string,
  given: object | undefined,
  fits: Readonly<Record<string, Fits>>,
  machine: string,
): readonly Problem[] {
  return Object.entries(given ?? {}).flatMap(([key, value]) => {
    if (value === undefined || fits[key]?.(value)) return [];
    const said = JSON.stringify(value);
    const message = fits[key] === undefined
      ? `this machine cannot honour ${key}`
      : `this machine is ${machine}, which does not fit ${said}`;
    return [{ path: `${section}.${key}`, message, help: "This machine is what it is; use another service." }];
  });
}

/** What of a node spec this machine is not. Inbound ports need nothing: no wall is made around it. */
export function specProblems(spec: NodeSpec, image: Image, hardware: Hardware): readonly Problem[] {
  const { os, arch } = image;
  const size = `${hardware.cores} cores with ${hardware.ram} MB`;
  return [
    ...misfits("image", spec.image, imageFits(image), `${os.id} ${os.version} on ${arch}`.replace("  ", " ")),
    ...misfits("hardware", spec.hardware, hardwareFits(hardware, arch), size),
    ...misfits("location", spec.location, {}, ""),
    ...misfits("qos", spec.qos, {}, ""),
    ...misfits("provider.localhost", spec.provider?.["localhost"], {}, ""),
  ];
}
