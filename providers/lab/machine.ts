import { createHash } from "node:crypto";
import { parseOsRelease } from "../../engine/os/mod.ts";
import type { Problem } from "../../engine/provider/provider.ts";
import { readSystemFile } from "../../engine/system_file.ts";
import type { Helper } from "./helper.ts";
import type { ImageSource } from "./images.ts";
import { type Mirrors, mirrorsOf, readSources } from "./sources.ts";

/** Programs that the lab runs, with the Debian package each is in. */
const programs = {
  unshare: "util-linux",
  nsenter: "util-linux",
  setsid: "util-linux",
  setpriv: "util-linux",
  flock: "util-linux",
  mount: "mount",
  ip: "iproute2",
  nft: "nftables",
  debootstrap: "debootstrap",
} as const;

const instead =
  "Use existing machines instead (provider node-list), or this machine itself (provider localhost).";

async function readText(path: string): Promise<string> {
  try {
    return await readSystemFile(path);
  } catch {
    return "";
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Whether a program is in one of the usual folders, whatever PATH says. */
async function hasProgram(name: string): Promise<boolean> {
  const folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];
  return (await Promise.all(folders.map((folder) => exists(`${folder}/${name}`)))).includes(true);
}

/** Debian packages of the programs that are missing. */
async function missingPackages(): Promise<readonly string[]> {
  const found = await Promise.all(
    Object.entries(programs).map(async ([name, pack]) => await hasProgram(name) ? [] : [pack]),
  );
  return [...new Set(found.flat())];
}

/** Whether the machine's own tree is all on one file system, which an overlay over it needs. */
function isOneTree(mounts: string): boolean {
  const own = mounts.split("\n").map((line) => line.split(" ")[1] ?? "");
  return !["/usr", "/etc", "/var", "/var/lib"].some((folder) => own.includes(folder));
}

/** What the lab's images depend on of this machine. */
export async function imageSource(arch: string, given: Partial<Mirrors>): Promise<ImageSource> {
  const [release, mounts, sources, status, sshd, apt] = await Promise.all([
    readText("/etc/os-release"),
    readText("/proc/self/mounts"),
    readSources(),
    readText("/var/lib/dpkg/status"),
    hasProgram("sshd"),
    hasProgram("apt-get"),
  ]);
  return {
    arch,
    hostState: createHash("sha256").update(status).update(sources).digest("hex"),
    mirrors: { ...mirrorsOf(sources), ...given },
    ...(isOneTree(mounts) && (sshd || apt) ? { host: parseOsRelease(release).os } : {}),
  };
}

/** What is missing on this machine for the lab; empty when it can work, installing packages itself if need be. */
export async function checkMachine(uid: number | null): Promise<readonly Problem[]> {
  if (Deno.build.os !== "linux") {
    return [{ path: "machine", message: `the lab needs Linux, this is ${Deno.build.os}`, help: instead }];
  }
  const problems: Problem[] = [];
  if (uid !== 0 && !await hasProgram("sudo")) {
    problems.push({
      path: "privilege",
      message: "the lab makes namespaces and a bridge, which takes root or sudo",
      help: `Run as root, or install sudo. ${instead}`,
    });
  }
  const missing = await missingPackages();
  if (missing.length > 0 && !await hasProgram("apt-get")) {
    problems.push({
      path: "programs",
      message: `the lab needs programs of the packages ${missing.join(", ")}`,
      help: `Install them by the machine's package manager. ${instead}`,
    });
  }
  const [filesystems, mounts] = await Promise.all([
    readText("/proc/filesystems"),
    readText("/proc/self/mounts"),
  ]);
  if (
    !/\boverlay\b/.test(filesystems) && !await exists(`/lib/modules/${Deno.osRelease()}/kernel/fs/overlayfs`)
  ) {
    problems.push({
      path: "kernel",
      message: "this kernel has no overlay file system, which nodes' disks are",
      help: instead,
    });
  }
  if (cgroupRoot(mounts) === undefined) {
    problems.push({
      path: "cgroup2",
      message: "no cgroup2 hierarchy is mounted, by which the lab knows its nodes' processes",
      help: "Mount it: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified",
    });
  }
  if (uid === 0) problems.push(...await checkPermission());
  return problems;
}

/** In a container root may still not be allowed to make namespaces and mounts. */
async function checkPermission(): Promise<readonly Problem[]> {
  if (!await hasProgram("unshare")) return [];
  const test = await new Deno.Command("unshare", {
    args: ["--mount", "--net", "--uts", "--ipc", "--cgroup", "--", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (test.success) return [];
  return [{
    path: "privilege",
    message: `this machine does not let root make namespaces and mounts: ${
      new TextDecoder().decode(test.stderr).trim().split("\n")[0] ?? ""
    }`,
    help: `In a container, run it privileged. ${instead}`,
  }];
}

/** Where cgroup2 is mounted, from the text of `/proc/self/mounts`. */
export function cgroupRoot(mounts: string): string | undefined {
  return mounts.split("\n").map((line) => line.split(" ")).find((words) => words[2] === "cgroup2")?.[1];
}

/** Installs by apt what the lab's programs need and the machine lacks; resolves with the packages installed. */
export async function installMissing(
  helper: Helper,
  progress: (message: string) => void,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const missing = await missingPackages();
  if (missing.length === 0) return [];
  progress(`installing onto this machine, by apt: ${missing.join(", ")}`);
  await helper.run("install", missing, signal);
  return missing;
}

/** Memory of the machine in megabytes. */
export function machineRam(): number {
  return Math.floor(Deno.systemMemoryInfo().total / 1024 / 1024);
}

/** Text of the nodes' resolv.conf: the servers given, else the machine's that a node can reach. */
export async function nameServers(given: readonly string[]): Promise<string> {
  if (given.length > 0) return given.map((server) => `nameserver ${server}\n`).join("");
  for (const file of ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]) {
    // A server on the machine's loopback is another machine's loopback within a node.
    const text = (await readText(file)).split("\n")
      .filter((line) =>
        /^(nameserver|search|options)\s/.test(line) && !/^nameserver\s+(127\.|::1)/.test(line)
      );
    if (text.some((line) => line.startsWith("nameserver"))) return `${text.join("\n")}\n`;
  }
  return "";
}
