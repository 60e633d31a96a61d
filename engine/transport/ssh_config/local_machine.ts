// This machine, as ssh's configuration asks about it.
import { lookup as lookupAddress } from "node:dns/promises";
import { networkInterfaces, userInfo } from "node:os";
import { isAbsolute } from "node:path";
import { messageOf, PalletError } from "../../errors.ts";
import { expandGlob } from "./glob.ts";
import type { AlgorithmKind, ConfigFile, Machine } from "./machine.ts";

const WINDOWS = Deno.build.os === "windows";

function environment(name: string): string | undefined {
  return Deno.env.get(name) || undefined;
}

function localUser(): { readonly name: string; readonly uid: number } {
  try {
    const { username, uid } = userInfo();
    return { name: username, uid };
  } catch {
    // A user that the system does not list.
    return { name: environment("USER") ?? environment("USERNAME") ?? "root", uid: Deno.uid() ?? -1 };
  }
}

async function passwd(): Promise<readonly (readonly string[])[]> {
  try {
    return (await Deno.readTextFile("/etc/passwd")).split("\n").map((line) => line.split(":"));
  } catch {
    return [];
  }
}

/** Whether a group is the user's alone, as many systems make one for each: then its right to write is theirs. */
async function isPrivateGroup(gid: number, user: string): Promise<boolean> {
  try {
    const groups = (await Deno.readTextFile("/etc/group")).split("\n").map((line) => line.split(":"));
    const group = groups.find((fields) => fields[2] === String(gid));
    const members = (group?.[3] ?? "").split(",").filter((member) => member !== "" && member !== user);
    const others = (await passwd()).filter((fields) => fields[3] === String(gid) && fields[0] !== user);
    return group !== undefined && members.length === 0 && others.length === 0;
  } catch {
    return false;
  }
}

async function unsafe(info: Deno.FileInfo, user: string, uid: number): Promise<string | undefined> {
  const { mode, uid: owner, gid } = info;
  if (WINDOWS || mode === null || owner === null) return undefined;
  if (owner !== 0 && owner !== uid) return `it belongs to another user (${owner})`;
  if ((mode & 0o002) !== 0) return "everybody can write it";
  if ((mode & 0o020) === 0 || (gid !== null && await isPrivateGroup(gid, user))) return undefined;
  return "its group can write it";
}

async function readFile(path: string, user: string, uid: number): Promise<ConfigFile | undefined> {
  try {
    using file = await Deno.open(path);
    const problem = await unsafe(await file.stat(), user, uid);
    const text = await new Response(file.readable).text();
    return problem === undefined ? { text } : { text, unsafe: problem };
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound || thrown instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw new PalletError(`Cannot read the ssh configuration "${path}": ${messageOf(thrown)}`, {
      kind: "config",
      help: 'Make it readable, or name another as ssh-config, or "none".',
      cause: thrown,
    });
  }
}

/** Seconds that a command of `Match exec` gets: a run waits for it. */
const PATIENCE = 30;

async function succeeds(command: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  const [shell, flag] = WINDOWS ? ["cmd", "/c"] : [env["SHELL"] || "/bin/sh", "-c"];
  const fail = (why: string, cause?: unknown) =>
    new PalletError(`Cannot use the ssh configuration: Match exec "${command}" ${why}`, {
      kind: "config",
      help: "Run it by hand; it should answer at once, by its exit status.",
      ...(cause === undefined ? {} : { cause }),
    });
  const patience = AbortSignal.timeout(PATIENCE * 1000);
  try {
    const { success } = await new Deno.Command(shell, {
      args: [flag, command],
      clearEnv: true,
      env: { ...env },
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: patience,
    }).output();
    if (patience.aborted) throw fail(`did not end within ${PATIENCE} s`);
    return success;
  } catch (thrown) {
    if (thrown instanceof PalletError) throw thrown;
    throw fail(`cannot run: ${messageOf(thrown)}`, thrown);
  }
}

async function algorithms(kind: AlgorithmKind): Promise<readonly string[]> {
  try {
    const { success, stdout } = await new Deno.Command("ssh", {
      args: ["-Q", kind],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(PATIENCE * 1000),
    }).output();
    return success ? new TextDecoder().decode(stdout).split("\n").filter((name) => name !== "") : [];
  } catch {
    return []; // There is no ssh, and nothing that it would refuse.
  }
}

/** The end of a chain of aliases; the name itself when it is none. */
async function canonical(name: string): Promise<string> {
  let at = name;
  for (let step = 0; step < 8; step++) {
    try {
      const [next] = await Deno.resolveDns(at, "CNAME");
      if (next === undefined) break;
      at = next;
    } catch {
      break; // No alias, or a name that the system knows from elsewhere.
    }
  }
  return at.replace(/\.$/, "");
}

async function lookup(name: string, family: "any" | "inet" | "inet6"): Promise<string | undefined> {
  try {
    await lookupAddress(name, { family: family === "inet" ? 4 : family === "inet6" ? 6 : 0 });
  } catch {
    return undefined;
  }
  return await canonical(name);
}

/** This machine, with a user's home folder. */
export function localMachine(
  home: string,
  env: Readonly<Record<string, string>> = Deno.env.toObject(),
): Machine {
  const { name: user, uid } = localUser();
  return {
    home,
    user,
    uid,
    hostname: Deno.hostname(),
    env,
    systemFolder: WINDOWS ? `${environment("PROGRAMDATA") ?? "C:/ProgramData"}/ssh` : "/etc/ssh",
    isAbsolute,
    homeOf: async (other) => (await passwd()).find((fields) => fields[0] === other)?.[5],
    read: (path) => readFile(path, user, uid),
    glob: expandGlob,
    succeeds: (command) => succeeds(command, env),
    algorithms,
    addresses: () =>
      Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
    lookup,
  };
}
