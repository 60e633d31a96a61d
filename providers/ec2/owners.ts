// Who publishes images of which operating system, how they name them, and who logs in to them first.
import type { OsFacts } from "../../engine/spec/node.ts";

/** Images of one operating system. Owner ids are those of the commercial regions. */
export interface Publisher {
  /** As in `/etc/os-release`'s ID. */
  readonly os: string;
  /** Other words for it in a spec. */
  readonly aliases: readonly string[];
  readonly family: string;
  readonly title: string;
  readonly owner: string;
  readonly user: string;
  /** Filters by name, `*` and `?` as in EC2; narrower when a version is asked for. */
  names(version: string | undefined): readonly string[];
  /** Version of an image by its name; nothing for what is another kind of image. */
  readonly version: RegExp;
  /** Whether a version is chosen when none is asked for. */
  readonly preferred?: RegExp;
}

const codenames: Readonly<Record<string, string>> = {
  "debian 10": "buster",
  "debian 11": "bullseye",
  "debian 12": "bookworm",
  "debian 13": "trixie",
  "ubuntu 14.04": "trusty",
  "ubuntu 16.04": "xenial",
  "ubuntu 18.04": "bionic",
  "ubuntu 20.04": "focal",
  "ubuntu 22.04": "jammy",
  "ubuntu 24.04": "noble",
};

/** All that are known. */
export const publishers: readonly Publisher[] = [
  {
    os: "debian",
    aliases: [],
    family: "debian",
    title: "Debian",
    owner: "136693071363",
    user: "admin",
    names: (version = "*") => [`debian-${version}-*`],
    version: /^debian-(\d+)-(?:amd64|arm64)-\d{8}-\d+$/,
  },
  {
    os: "ubuntu",
    aliases: [],
    family: "debian",
    title: "Ubuntu",
    owner: "099720109477",
    user: "ubuntu",
    names: (version = "*") => [`ubuntu/images/hvm-ssd*/ubuntu-*-${version}-*-server-*`],
    version: /^ubuntu\/images\/hvm-ssd(?:-gp3)?\/ubuntu-[a-z]+-(\d+\.\d+)-(?:amd64|arm64)-server-[\d.]+$/,
    // Those with long-term support.
    preferred: /^\d*[02468]\.04$/,
  },
  {
    os: "amzn",
    aliases: ["amazon", "amazon-linux"],
    family: "rhel",
    title: "Amazon Linux",
    owner: "137112412989",
    user: "ec2-user",
    names: (version) =>
      version === undefined
        ? ["al20*-ami-20*", "amzn2-ami-hvm-2.*"]
        : [version === "2" ? "amzn2-ami-hvm-2.*" : `al${version}-ami-${version}.*`],
    version: /^(?:al(20\d\d)-ami-20\d\d\.\d.*-kernel-[\d.]+-|amzn(2)-ami-hvm-2\.0\.).*/,
  },
  {
    os: "rhel",
    aliases: ["redhat", "red-hat"],
    family: "rhel",
    title: "Red Hat Enterprise Linux",
    owner: "309956199498",
    user: "ec2-user",
    names: (
      version,
    ) => [
      `RHEL-${version === undefined ? "*" : version.includes(".") ? `${version}*` : `${version}.*`}_HVM*`,
    ],
    version: /^RHEL-(\d+\.\d+)[\d.]*_HVM(?:_GA)?-\d{8}-\w+-\d+-Hourly2-GP[23]$/,
  },
  {
    os: "almalinux",
    aliases: ["alma"],
    family: "rhel",
    title: "AlmaLinux",
    owner: "764336703387",
    user: "ec2-user",
    names: (
      version,
    ) => [
      `AlmaLinux OS ${version === undefined ? "*" : version.includes(".") ? `${version}*` : `${version}.*`}`,
    ],
    version: /^AlmaLinux OS (\d+\.\d+)\.\d+ (?:x86_64|aarch64)$/,
  },
  {
    os: "rocky",
    aliases: [],
    family: "rhel",
    title: "Rocky Linux",
    owner: "792107900819",
    user: "rocky",
    names: (
      version,
    ) => [`Rocky-${version?.split(".")[0] ?? "*"}-EC2-Base-${version?.includes(".") ? version : ""}*`],
    version: /^Rocky-\d+-EC2-Base-(\d+\.\d+)-\d+\.\d+\.(?:x86_64|aarch64)$/,
  },
  {
    os: "sles",
    aliases: ["suse"],
    family: "sles",
    title: "SUSE Linux Enterprise Server",
    owner: "013907871322",
    user: "ec2-user",
    names: (version) => [`suse-sles-${version?.replace(".", "-sp") ?? "*"}-*`],
    version: /^suse-sles-(\d+(?:-sp\d+)?)-v\d{8}-hvm-ssd-(?:x86_64|arm64)$/,
  },
];

/** The publisher of an operating system, by its name in a spec. */
export function publisherOf(os: string): Publisher | undefined {
  return publishers.find((one) => one.os === os || one.aliases.includes(os));
}

/** The operating system as a spec that names one says it. */
export function osNamed(os: string, version: string): OsFacts {
  const known = publisherOf(os);
  const id = known?.os ?? os;
  return { id, family: known?.family ?? id, version, codename: codenames[`${id} ${version}`] ?? "" };
}

/** What an image is by its owner and name; nothing for one that nobody known has published. */
export function identify(
  owner: string | undefined,
  name: string | undefined,
): { readonly publisher: Publisher; readonly os: OsFacts } | undefined {
  for (const publisher of publishers) {
    if (publisher.owner !== owner) continue;
    const match = publisher.version.exec(name ?? "");
    const version = match?.slice(1).find((part) => part !== undefined)?.replace("-sp", ".");
    if (version !== undefined) return { publisher, os: osNamed(publisher.os, version) };
  }
  return undefined;
}

/** Whether a version is the one that is asked for: `9` is asked for by `9` and had by `9.4`. */
export function isVersion(version: string, asked: string): boolean {
  return version === asked || version.startsWith(`${asked}.`);
}
