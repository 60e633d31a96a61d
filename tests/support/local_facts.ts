import type { Facts } from "../../engine/spec/node.ts";

/** Facts of this machine, as its throwaway roots have them. */
export async function localFacts(): Promise<Facts> {
  const release = new Map(
    (await Deno.readTextFile("/etc/os-release")).split("\n").map((line): [string, string] => {
      const [key = "", ...value] = line.split("=");
      return [key, value.join("=").replaceAll('"', "")];
    }),
  );
  const id = release.get("ID") ?? "unknown";
  return {
    os: {
      id,
      family: ["debian", "ubuntu"].includes(id) ? "debian" : id,
      version: release.get("VERSION_ID") ?? "",
      codename: release.get("VERSION_CODENAME") ?? "",
    },
    arch: Deno.build.arch,
    packager: "apt",
    init: "none",
    hostname: Deno.hostname(),
    addresses: [],
    bootId: (await Deno.readTextFile("/proc/sys/kernel/random/boot_id")).trim(),
    source: "node",
  };
}
