// What differs between operating systems, as tables: packager, init, groups, names of packages and services.
import { PalletError } from "../errors.ts";
import type { Facts, OsFacts } from "../spec/node.ts";
import { osMap, osTitle } from "./dispatch.ts";
import { isSupported } from "./family.ts";

const packagers = osMap<string>("the packager", {
  "debian": "apt",
  "rhel": "dnf",
  "rhel ..7": "unknown",
  "amzn ..2": "unknown",
  "linux": "unknown",
});

const inits = osMap<string>("the init system", {
  "debian": "systemd",
  "debian ..7": "sysvinit",
  "ubuntu ..14.10": "none",
  "rhel": "systemd",
  "rhel ..6": "sysvinit",
  "amzn ..1": "sysvinit",
  "suse": "systemd",
  "arch": "systemd",
  "void": "runit",
  "linux": "none",
});

const adminGroups = osMap<string>("the group of administrators", { "debian": "sudo", "linux": "wheel" });

/** `apt` or `dnf`; `unknown` where Pallet does not install packages. */
export function packagerOf(os: OsFacts): string {
  return packagers({ os });
}

/** `systemd`, `sysvinit`, `runit` or `none`: what a system of this id and version has, when nothing is known of the very node. */
export function initOf(os: OsFacts): string {
  return inits({ os });
}

/**
 * The group whose members may use sudo: `sudo` in the Debian family, `wheel` elsewhere.
 *
 * @example
 * ```ts
 * import { adminGroup } from "pallet";
 *
 * const os = { id: "ubuntu", family: "debian", version: "24.04", codename: "noble" };
 * console.assert(adminGroup({ os }) === "sudo");
 * ```
 */
export function adminGroup(facts: Pick<Facts, "os">): string {
  return adminGroups(facts);
}

/** Names by family of packages that are not called the same everywhere; the key is Debian's. */
const PACKAGES: Readonly<Record<string, string>> = {
  "apache2": "httpd",
  "cron": "cronie",
  "default-jdk": "java-latest-openjdk-devel",
  "default-jre": "java-latest-openjdk",
  "dnsutils": "bind-utils",
  "g++": "gcc-c++",
  "iproute2": "iproute",
  "iputils-ping": "iputils",
  "libssl-dev": "openssl-devel",
  "netcat-openbsd": "nmap-ncat",
  "openssh-client": "openssh-clients",
  "procps": "procps-ng",
  "redis-server": "redis",
  "vim": "vim-enhanced",
  "xz-utils": "xz",
};

/** Names by family of services; the key is Debian's. */
const SERVICES: Readonly<Record<string, string>> = {
  "apache2": "httpd",
  "cron": "crond",
  "redis-server": "redis",
  "ssh": "sshd",
};

function nameIn(table: Readonly<Record<string, string>>, name: string, facts: Pick<Facts, "os">): string {
  return facts.os.family === "rhel" && Object.hasOwn(table, name) ? table[name] ?? name : name;
}

/**
 * What a package is called on a system, from Debian's name for it; a name that is not known stays as it is.
 *
 * @example
 * ```ts
 * import { packageName } from "pallet";
 *
 * const os = { id: "rocky", family: "rhel", version: "9", codename: "" };
 * console.assert(packageName("g++", { os }) === "gcc-c++" && packageName("git", { os }) === "git");
 * ```
 */
export function packageName(name: string, facts: Pick<Facts, "os">): string {
  return nameIn(PACKAGES, name, facts);
}

/**
 * What a service is called on a system, from Debian's name for it; a name that is not known stays as it is.
 *
 * @example
 * ```ts
 * import { serviceName } from "pallet";
 *
 * const os = { id: "rocky", family: "rhel", version: "9", codename: "" };
 * console.assert(serviceName("ssh", { os }) === "sshd");
 * ```
 */
export function serviceName(name: string, facts: Pick<Facts, "os">): string {
  return nameIn(SERVICES, name, facts);
}

/**
 * Refuses a system whose family Pallet does not configure.
 *
 * @param what What was to be done there: `install packages`.
 * @throws {PalletError} of kind `infra` that names the operating system.
 */
export function requireSupported(what: string, os: OsFacts): void {
  if (isSupported(os.family)) return;
  throw new PalletError(`Cannot ${what} on ${osTitle(os)}: this operating system is not supported`, {
    kind: "infra",
    help:
      "Supported are Debian, Ubuntu and what derives from them, and the family of Red Hat Enterprise Linux.",
  });
}
