import { cpus, totalmem, userInfo } from "node:os";
import type { Hardware, Image } from "../../engine/provider/provider.ts";
import { parseOsRelease } from "../../engine/os/mod.ts";

/** The operating system of this machine as the one image there is. */
export async function thisImage(): Promise<Image> {
  const text = await Deno.readTextFile("/etc/os-release").catch(() => "");
  const { os, title } = parseOsRelease(text, Deno.build.os);
  return {
    id: "this-machine",
    os,
    arch: Deno.build.arch,
    description: title,
    origin: "built in",
    loginUser: userInfo().username ?? "root",
  };
}

/** The size of this machine as the one hardware there is. */
export function thisHardware(): Hardware {
  return {
    id: "this-machine",
    cores: Math.max(1, cpus().length),
    ram: Math.round(totalmem() / 1024 / 1024),
    description: "this machine",
    origin: "built in",
  };
}
