// An image of EC2: what it is, who published it, and which of two is newer.
import type { Image as AwsImage } from "@aws-sdk/client-ec2";
import type { Image } from "../../engine/provider/provider.ts";
import type { OsFacts } from "../../engine/spec/node.ts";
import { identify } from "./owners.ts";

/** An image, with what launching takes of it. */
export interface Ec2Image {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** As `uname -m` says it: `x86_64`, `aarch64`. */
  readonly arch: string;
  readonly hypervisor: string;
  readonly created: string;
  /** Absent when nobody known has published it and the spec does not tell. */
  readonly os?: OsFacts;
  readonly user?: string;
  readonly origin: string;
  readonly rootDevice?: string;
  /** Gigabytes. */
  readonly rootSize?: number;
}

/** `arm64` and `aarch64` as `uname -m` says it, and EC2's word for it. */
export function archOf(word: string): string {
  if (/^(?:arm64|aarch64)$/.test(word)) return "aarch64";
  return /^(?:x86_64|amd64|x64)$/.test(word) ? "x86_64" : word;
}

/** EC2's word for an architecture. */
export function awsArch(arch: string): string {
  return arch === "aarch64" ? "arm64" : arch;
}

/** An image as EC2 tells of it. */
export function imageOf(image: AwsImage): Ec2Image {
  const known = identify(image.OwnerId, image.Name);
  const size = image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === image.RootDeviceName)?.Ebs
    ?.VolumeSize;
  return {
    id: image.ImageId ?? "",
    name: image.Name ?? "",
    description: image.Description ?? "",
    arch: archOf(image.Architecture ?? ""),
    hypervisor: image.Hypervisor ?? "",
    created: image.CreationDate ?? "",
    origin: known?.publisher.title ?? `account ${image.OwnerId ?? "unknown"}`,
    ...(known === undefined ? {} : { os: known.os, user: known.publisher.user }),
    ...(image.RootDeviceName === undefined ? {} : { rootDevice: image.RootDeviceName }),
    ...(size === undefined ? {} : { rootSize: size }),
  };
}

/** Larger when a version is later. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one.split("."), other.split(".")];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = Number(a[at] ?? 0) - Number(b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The latest version first, of each the newest image. */
export function newestFirst(images: readonly Ec2Image[]): readonly Ec2Image[] {
  return images.toSorted((one, other) =>
    compareVersions(other.os?.version ?? "", one.os?.version ?? "") ||
    other.created.localeCompare(one.created) || other.id.localeCompare(one.id)
  );
}

/** An image for listings and plans; nothing when its operating system is not known. */
export function publicImage(image: Ec2Image): Image | undefined {
  if (image.os === undefined) return undefined;
  return {
    id: image.id,
    os: image.os,
    arch: image.arch,
    description: image.name,
    origin: image.origin,
    loginUser: image.user ?? "",
  };
}
