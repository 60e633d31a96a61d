// Puts schedules where the system finds them, and takes them away.
import { join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { homeFolder } from "../paths.ts";
import { writeWhole } from "../state/files.ts";
import { withEntry, withoutEntry } from "./crontab.ts";
import type { Backend, ScheduleEntry } from "./entry.ts";
import { agentFile, agentLabel } from "./launchd.ts";
import { unitFiles, unitName } from "./systemd.ts";
import { localZone } from "./times.ts";
import { taskInstruction } from "./windows.ts";

/** What installing needs of this machine. */
export interface Host {
  readonly os: typeof Deno.build.os;
  /** Whether this process may do everything. */
  readonly root: boolean;
  readonly home: string;
  readonly env: (name: string) => string | undefined;
  /** Runs a program; nothing when there is none of its name. */
  run(program: string, args: readonly string[], input?: string): Promise<Ran | undefined>;
}

/** What a program left. */
export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** This machine. */
export function thisHost(): Host {
  return {
    os: Deno.build.os,
    root: Deno.build.os !== "windows" && Deno.uid() === 0,
    home: homeFolder((name) => Deno.env.get(name)),
    env: (name) => Deno.env.get(name),
    async run(program, args, input) {
      let child: Deno.ChildProcess;
      try {
        child = new Deno.Command(program, {
          args: [...args],
          stdin: input === undefined ? "null" : "piped",
          stdout: "piped",
          stderr: "piped",
          env: { LANG: "C", LC_ALL: "C" },
        }).spawn();
      } catch (thrown) {
        if (thrown instanceof Deno.errors.NotFound) return undefined;
        throw thrown;
      }
      if (input !== undefined) {
        const writer = child.stdin.getWriter();
        await writer.write(new TextEncoder().encode(input));
        await writer.close();
      }
      const { code, stdout, stderr } = await child.output();
      const decoder = new TextDecoder();
      return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
    },
  };
}

function cannot(what: string, ran: Ran | undefined, program: string): PalletError {
  const why = ran === undefined
    ? `${program} is not here`
    : (ran.err.trim() || ran.out.trim() || `${program} ended with ${ran.status}`).split("\n").slice(-3).join(
      "; ",
    );
  return new PalletError(`Cannot ${what}: ${why}`, { kind: "config" });
}

async function must(
  host: Host,
  what: string,
  program: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const ran = await host.run(program, args, input);
  if (ran?.status !== 0) throw cannot(what, ran, program);
  return ran.out;
}

/**
 * What can run schedules here: systemd where it is at work (the system's for root, the user's own otherwise), else cron.
 *
 * @throws {PalletError} of kind `config` when there is nothing.
 */
export async function chooseBackend(host: Host): Promise<Backend> {
  if (host.os === "darwin") return "launchd";
  if (host.os === "windows") return "windows";
  const scope = host.root ? [] : ["--user"];
  if ((await host.run("systemctl", [...scope, "show", "--property=Version"]))?.status === 0) {
    return host.root ? "systemd-system" : "systemd-user";
  }
  if ((await host.run("crontab", ["-l"])) !== undefined) return "cron";
  throw new PalletError("Nothing here can run schedules: neither systemd nor cron is at work", {
    kind: "config",
    help: "Install cron, or let another machine's scheduler run the command.",
  });
}

/** @throws {PalletError} of kind `usage` for what a backend cannot do, before anything is written. */
export function checkBackend(entry: ScheduleEntry): void {
  const refuse = (why: string, help: string) => {
    throw new PalletError(`${entry.backend} cannot run schedule "${entry.name}": ${why}`, {
      kind: "usage",
      help,
    });
  };
  if (entry.backend === "cron" || entry.backend === "launchd" || entry.backend === "windows") {
    if (entry.zone !== localZone()) {
      refuse(
        `it reads times by the clock of this machine, ${localZone()}, not by ${entry.zone}`,
        "Give the time by this machine's clock, or use systemd.",
      );
    }
  }
  if (entry.backend === "launchd") agentFile(entry);
  if (entry.backend === "windows" && taskInstruction(entry) === undefined) {
    refuse(
      "the Task Scheduler knows no such times",
      "Choose one time a day, a week or a month, or every hour.",
    );
  }
}

function unitFolder(host: Host, backend: Backend): string {
  if (backend === "systemd-system") return "/etc/systemd/system";
  return join(host.env("XDG_CONFIG_HOME") ?? join(host.home, ".config"), "systemd", "user");
}

function systemctl(backend: Backend): readonly string[] {
  return backend === "systemd-user" ? ["--user"] : [];
}

/** The user's crontab; empty when there is none. */
async function readCrontab(host: Host): Promise<string> {
  const ran = await host.run("crontab", ["-l"]);
  if (ran?.status === 0) return ran.out;
  if (ran !== undefined && /no crontab/i.test(ran.err)) return "";
  throw cannot("read the crontab", ran, "crontab");
}

async function writeCrontab(host: Host, text: string): Promise<void> {
  if (text === "") await must(host, "empty the crontab", "crontab", ["-r"]);
  else await must(host, "write the crontab", "crontab", ["-"], text);
}

async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw new PalletError(`Cannot remove ${JSON.stringify(path)}: ${messageOf(cause)}`, {
      kind: "config",
      cause,
    });
  }
}

/** Files of a schedule, by their paths: what `schedule show` shows; none for a crontab. */
export function filesOf(host: Host, entry: ScheduleEntry): Readonly<Record<string, string>> {
  const { backend, name } = entry;
  if (backend === "launchd") {
    return { [join(host.home, "Library/LaunchAgents", `${agentLabel(name)}.plist`)]: agentFile(entry) };
  }
  if (backend !== "systemd-system" && backend !== "systemd-user") return {};
  const { service, timer } = unitFiles(entry);
  const path = join(unitFolder(host, backend), unitName(name));
  return { [`${path}.service`]: service, [`${path}.timer`]: timer };
}

/**
 * Has the system run a schedule from now on, in place of what it had of this name. Answers with lines for whoever
 * added it.
 *
 * @throws {PalletError} of kind `config` that says what could not be done; nothing is left half done.
 */
export async function install(host: Host, entry: ScheduleEntry): Promise<readonly string[]> {
  const { backend, name } = entry;
  for (const [path, text] of Object.entries(filesOf(host, entry))) {
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await writeWhole(path, text);
  }
  try {
    if (backend === "cron") {
      await writeCrontab(host, withEntry(await readCrontab(host), entry));
      return [];
    }
    if (backend === "launchd") {
      const [path = ""] = Object.keys(filesOf(host, entry));
      await host.run("launchctl", ["unload", path]);
      await must(host, "load the launch agent", "launchctl", ["load", "-w", path]);
      return [];
    }
    if (backend === "windows") {
      return ["Have the Task Scheduler run it, by typing this once:", `  ${taskInstruction(entry) ?? ""}`];
    }
    const scope = systemctl(backend);
    await must(host, "reload systemd", "systemctl", [...scope, "daemon-reload"]);
    await must(host, "start the timer", "systemctl", [
      ...scope,
      "enable",
      "--now",
      `${unitName(name)}.timer`,
    ]);
    return backend === "systemd-user" ? await lingering(host) : [];
  } catch (thrown) {
    await uninstall(host, entry).catch(() => {}); // what matters is why it could not be installed
    throw thrown;
  }
}

/** Timers of a user end with the last session, unless the user lingers. */
async function lingering(host: Host): Promise<readonly string[]> {
  const ran = await host.run("loginctl", [
    "show-user",
    host.env("USER") ?? "",
    "--property=Linger",
    "--value",
  ]);
  if (ran?.status === 0 && ran.out.trim() === "yes") return [];
  return ["It runs while you are logged in. To have it run always: loginctl enable-linger"];
}

/** Has the system forget a schedule; what runs just then goes on. */
export async function uninstall(host: Host, entry: ScheduleEntry): Promise<readonly string[]> {
  const { backend, name } = entry;
  if (backend === "cron") {
    const before = await readCrontab(host);
    const after = withoutEntry(before, name);
    if (after !== before) await writeCrontab(host, after);
    return [];
  }
  if (backend === "windows") {
    return [`Have the Task Scheduler forget it: schtasks /Delete /TN Pallet\\${name}`];
  }
  const paths = Object.keys(filesOf(host, entry));
  if (backend === "launchd") {
    await host.run("launchctl", ["unload", "-w", paths[0] ?? ""]);
    for (const path of paths) await removeFile(path);
    return [];
  }
  const scope = systemctl(backend);
  await host.run("systemctl", [...scope, "disable", "--now", `${unitName(name)}.timer`]);
  // When it last ran; a schedule of the same name would at once make up for what this one missed. Systemd before 243
  // cannot, and forgets nothing.
  await host.run("systemctl", [...scope, "clean", "--what=state", `${unitName(name)}.timer`]);
  for (const path of paths) await removeFile(path);
  await must(host, "reload systemd", "systemctl", [...scope, "daemon-reload"]);
  await host.run("systemctl", [...scope, "reset-failed", `${unitName(name)}.service`]);
  return [];
}
