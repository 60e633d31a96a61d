import { cpus, totalmem, userInfo } from "node:os";
import type { Hardware, Image } from "../../engine/provider/provider.ts";
import { familyOf } from "../../engine/os/mod.ts";

/** Fields of an os-release file; quotes are taken off. */
export function parseOsRelease(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const match = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
      return match?.[1] === undefined ? [] : [[match[1], match[2] ?? match[3] ?? match[4] ?? ""]];
    }),
  );
}

/** The operating system of this machine as the one image there is. */
export async function thisImage(): Promise<Image> {
  const text = await Deno.readTextFile("/etc/os-release").catch(() => "");
  const { ID: id = Deno.build.os, VERSION_ID = "", VERSION_CODENAME = "", ID_LIKE = "", PRETTY_NAME = id } =
    parseOsRelease(text);
  return {
    id: "this-machine",
    os: { id, family: familyOf(id, ID_LIKE.split(" ")), version: VERSION_ID, codename: VERSION_CODENAME },
    arch: Deno.build.arch,
    description: PRETTY_NAME,
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
