// Where VBoxManage is, and how it is made to speak English.
import { posix, win32 } from "node:path";
import { PalletError } from "../../engine/errors.ts";

/** What looking for it takes of the surroundings. */
export interface Places {
  readonly os: string;
  readonly env: (name: string) => string | undefined;
  readonly isFile: (path: string) => Promise<boolean>;
  /** What a program prints; nothing where it fails. */
  readonly output: (program: string, args: readonly string[]) => Promise<string | undefined>;
}

/** This machine. */
export const thisMachine: Places = {
  os: Deno.build.os,
  env: (name) => Deno.env.get(name),
  isFile: (path) => Deno.stat(path).then((info) => info.isFile, () => false),
  async output(program, args) {
    try {
      const { success, stdout } = await new Deno.Command(program, {
        args: [...args],
        stdin: "null",
        stderr: "null",
      }).output();
      return success ? new TextDecoder().decode(stdout) : undefined;
    } catch {
      return undefined;
    }
  },
};

/** The folder that VirtualBox's setup noted in the registry of Windows. */
async function registered({ output }: Places): Promise<string | undefined> {
  const key = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Oracle\\VirtualBox";
  const said = await output("reg", ["query", key, "/v", "InstallDir"]);
  return /InstallDir\s+REG_\w+\s+(.*)/.exec(said ?? "")?.[1]?.trim();
}

async function candidates(places: Places): Promise<readonly string[]> {
  const { os, env } = places;
  if (os === "windows") {
    const folders = [
      env("VBOX_MSI_INSTALL_PATH"),
      env("VBOX_INSTALL_PATH"),
      await registered(places),
      ...(env("PATH") ?? "").split(";"),
      win32.join(env("ProgramFiles") ?? "C:\\Program Files", "Oracle", "VirtualBox"),
    ];
    return folders.flatMap((folder) => folder ? [win32.join(folder, "VBoxManage.exe")] : []);
  }
  const names = ["VBoxManage", "vboxmanage"];
  const onPath = (env("PATH") ?? "").split(":").filter((folder) => folder !== "");
  return [
    ...onPath.flatMap((folder) => names.map((name) => posix.join(folder, name))),
    ...(os === "darwin" ? ["/Applications/VirtualBox.app/Contents/MacOS/VBoxManage"] : []),
    "/usr/local/bin/VBoxManage",
    "/opt/VirtualBox/VBoxManage",
  ];
}

/**
 * The path of VBoxManage: on the PATH, in /Applications on macOS, where the registry says on Windows.
 *
 * @throws {PalletError} when it is nowhere.
 */
export async function findVBoxManage(places: Places = thisMachine): Promise<string> {
  for (const path of await candidates(places)) if (await places.isFile(path)) return path;
  throw new PalletError("Cannot find VBoxManage, the program that drives VirtualBox", {
    kind: "provider",
    help:
      "Install VirtualBox (https://www.virtualbox.org), or say where the program is: option vboxmanage of the service.",
  });
}

/**
 * The locale for VBoxManage: its messages and listings are read, so they have to be English, and names and paths with
 * letters beyond ASCII fail, or leave a listing empty, where the locale has none of these.
 */
export async function plainLocale({ os, output }: Places = thisMachine): Promise<string> {
  if (os === "windows") return "C";
  if (os === "darwin") return "en_US.UTF-8";
  const known = (await output("locale", ["-a"]) ?? "").split("\n");
  return known.find((name) => /^(?:C|en_US)\.utf-?8$/i.test(name)) ?? "C";
}
