// A schedule from what somebody typed, or what pallet.yaml holds: checked before anything is installed.
import { resolve } from "node:path";
import { home } from "../engine/home.ts";
import { parseCron } from "../engine/schedule/cron.ts";
import { type Backend, checkName, type ScheduleEntry } from "../engine/schedule/entry.ts";
import { checkBackend, chooseBackend, type Host } from "../engine/schedule/install.ts";
import { isZone, localZone } from "../engine/schedule/times.ts";
import { defaultDirectories } from "../engine/state/directories.ts";
import { usageError } from "./parse.ts";
import { checkCommand } from "./schedule_check.ts";
import { seconds } from "./selection.ts";
import type { Terminal } from "./terminal.ts";

/** What a schedule is asked to be. */
export interface ScheduleRequest {
  readonly name: string;
  readonly cron: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly zone?: string;
  readonly backend?: string;
  /** Seconds. */
  readonly jitter?: string;
  /** Seconds. */
  readonly limit?: string;
  readonly catchUp: boolean;
  readonly mail?: string;
  readonly webhook?: string;
  readonly metrics?: string;
  readonly source?: string;
}

/** Variables of whoever adds a schedule that its runs need too: where things are kept. Services of systemd lack HOME. */
const KEPT = [
  "HOME",
  "PATH",
  "XDG_CONFIG_HOME",
  "XDG_STATE_HOME",
  "XDG_CACHE_HOME",
  "SSH_AUTH_SOCK",
  "PALLET_ENV",
];

/** Variables for a schedule's runs, without what this very program was unpacked to: the next version's is elsewhere. */
function keptVariables({ env }: Terminal): Readonly<Record<string, string>> {
  const kept = home.bundled ? KEPT : [...KEPT, "DENO_DIR"];
  const values = kept.map((name) => {
    const value = env(name) ?? "";
    if (name !== "PATH") return [name, value] as const;
    return [name, value.split(":").filter((part) => !part.endsWith("/node_compat_bin")).join(":")] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== ""));
}

/** This program as a command line: absolute, so that it is found from anywhere. */
function ownProgram(terminal: Terminal): readonly string[] {
  const launcher = terminal.env("PALLET_EXECUTABLE");
  if (home.bundled && launcher !== undefined) return [launcher];
  if (!home.url.startsWith("file:") || (Deno.build as { standalone?: boolean }).standalone === true) {
    return [Deno.execPath()];
  }
  const at = (file: string) => new URL(file, home.url).pathname;
  return [Deno.execPath(), "run", "-A", "-q", `--config=${at("deno.json")}`, at("main.ts")];
}

function checkZone(zone: string): string {
  if (isZone(zone)) return zone;
  throw usageError(`There is no time zone "${zone}".`, 'Name one as "Europe/Berlin", or UTC.');
}

function backendOf(text: string): Backend {
  const known: readonly Backend[] = ["systemd-user", "systemd-system", "cron", "launchd", "windows"];
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw usageError(`There is no scheduler "${text}".`, `There are ${known.join(", ")}.`);
}

function checkWebhook(url: string): string {
  if (!URL.canParse(url)) throw usageError(`"${url}" is no URL.`);
  const { protocol, hostname } = new URL(url);
  const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  if (protocol === "https:" || (protocol === "http:" && loopback)) return url;
  throw usageError("A webhook must be an https URL.", "http is for this machine alone.");
}

async function checkMail(host: Host, address: string): Promise<string> {
  if (!/^[^\s@,;<>"-][^\s@,;<>"]*@[^\s@,;<>"]+$/.test(address)) {
    throw usageError(`"${address}" is no mail address.`);
  }
  if (await host.run("sendmail", ["-V"]) === undefined) {
    throw usageError(
      "Nothing here can send mail: there is no sendmail.",
      "Install one, or use --webhook URL.",
    );
  }
  return address;
}

/**
 * A schedule, checked: its times, its command, its project with locked crates, and what is to run it.
 *
 * @throws {PalletError} for anything that would otherwise fail at three in the morning.
 */
export async function makeEntry(
  request: ScheduleRequest,
  terminal: Terminal,
  host: Host,
): Promise<ScheduleEntry> {
  const { name, cron, argv, cwd } = request;
  checkName(name);
  parseCron(cron);
  const zone = checkZone(request.zone ?? localZone());
  const backend = request.backend === undefined ? await chooseBackend(host) : backendOf(request.backend);
  const mail = request.mail === undefined ? undefined : await checkMail(host, request.mail);
  const webhook = request.webhook === undefined ? undefined : checkWebhook(request.webhook);
  const env = keptVariables(terminal);
  await checkCommand(argv, { ...terminal, cwd, env: (name) => env[name] }, Object.keys(env));
  const entry: ScheduleEntry = {
    name,
    cron,
    zone,
    argv: argv.includes("--frozen") ? argv : [argv[0] ?? "", "--frozen", ...argv.slice(1)],
    cwd,
    program: ownProgram(terminal),
    env,
    backend,
    jitter: request.jitter === undefined ? 0 : seconds("jitter", request.jitter),
    limit: request.limit === undefined ? 0 : seconds("time-limit", request.limit),
    catchUp: request.catchUp,
    ...(mail === undefined ? {} : { mail }),
    ...(webhook === undefined ? {} : { webhook }),
    ...(request.metrics === undefined ? {} : { metrics: resolve(cwd, request.metrics) }),
    ...(request.source === undefined ? {} : { source: request.source }),
    addedAt: new Date().toISOString(),
  };
  checkBackend(entry);
  return entry;
}

/** Folder of this workstation's state. */
export function stateFolder(terminal: Terminal): string {
  return defaultDirectories({ get: terminal.env }).state;
}
