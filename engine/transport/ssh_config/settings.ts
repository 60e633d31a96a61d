// From what the files say to settings: defaults, tokens, and places.
import { join } from "node:path";
import { PalletError } from "../../errors.ts";
import type { SshQuery, SshSettings } from "../ssh_settings.ts";
import { connectionHash } from "./connection_hash.ts";
import { fault } from "./fault.ts";
import { ignoredOf } from "./ignored.ts";
import { parseJump } from "./jump.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import { originsOf, placeOf } from "./origins.ts";
import { matchesPattern } from "./patterns.ts";
import type { Resolved } from "./resolve.ts";
import { Reader } from "./reader.ts";

/** What ssh tries when nothing is told, the ones that are cheapest first. */
const IDENTITIES = ["id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"];

async function agentOf(reader: Reader): Promise<string | undefined> {
  const { env } = reader.machine;
  const value = reader.options.all("identityagent")[0];
  if (value === undefined || value.text === "SSH_AUTH_SOCK") return env["SSH_AUTH_SOCK"] || undefined;
  const path = await reader.path(value, "identityagent");
  if (path === "none") return undefined;
  if (path === "SSH_AUTH_SOCK") return env["SSH_AUTH_SOCK"] || undefined;
  return (path.startsWith("$") ? env[path.slice(1)] : path) || undefined;
}

/** `SetEnv` before what is sent from here. */
async function environmentOf(reader: Reader): Promise<Record<string, string>> {
  const { options, machine: { env } } = reader;
  const patterns = options.all("sendenv").map(({ text }) => text);
  const sent = Object.entries(env).filter(([name]) =>
    patterns.some((pattern) => matchesPattern(name, pattern))
  );
  const set = await Promise.all(
    options.all("setenv").map(async (value) => {
      const [name = ""] = value.text.split("=", 1);
      const said = { ...value, text: value.text.slice(name.length + 1) };
      return [name, await reader.text(said, "setenv", env)] as const;
    }),
  );
  return Object.fromEntries([...sent, ...set]);
}

function whole(options: Options, keyword: string, otherwise: number): number {
  return Number(options.get(keyword) ?? otherwise);
}

function choice<T extends string>(options: Options, keyword: string, values: readonly T[], otherwise: T): T {
  const text = options.get(keyword);
  return values.find((value) => value === text) ?? otherwise;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : { [key]: value } as { [P in K]?: V };
}

/** Settings of a host of which all is known. @throws {PalletError} of kind `config` when a value means nothing. */
export async function settingsOf(
  query: SshQuery,
  { hostName, options }: Resolved,
  machine: Machine,
): Promise<SshSettings> {
  const { home } = machine;
  const port = whole(options, "port", 22);
  const alias = options.get("hostkeyalias")?.toLowerCase();
  const command = options.all("proxycommand").find(({ text }) => text.toLowerCase() !== "none");
  const jump = options.has("proxycommand") ? [] : parseJump(options.get("proxyjump") ?? "none") ?? [];
  const tokens = {
    L: machine.hostname.replace(/\..*$/s, ""),
    d: home,
    h: hostName,
    i: String(machine.uid),
    j: jump.at(-1)?.host ?? "",
    k: alias ?? query.host,
    l: machine.hostname,
    n: query.host,
    p: String(port),
    u: machine.user,
  };
  const named = options.all("user")[0];
  // What was asked for is taken as it is.
  const user = named === undefined
    ? machine.user
    : query.user ?? await new Reader(options, machine, tokens).text(named, "user", machine.env);
  const all = { ...tokens, r: user };
  const reader = new Reader(options, machine, { ...all, C: connectionHash(all) });
  const { h, k, n, p } = tokens;
  const proxyCommand = command === undefined
    ? undefined
    : await new Reader(options, machine, { h, k, n, p, r: user }).text(command, "proxycommand");

  const last = jump.at(-1);
  if (last?.host === hostName && (last.port ?? 22) === port && (last.user ?? user) === user) {
    const help = `Have "Host ${hostName}" with "ProxyJump none" before it.`;
    const why = `ProxyJump: ${hostName} is to be reached by way of itself`;
    const from = options.all("proxyjump")[0]?.from ?? "";
    if (typeof from !== "string") throw fault(from, why, help);
    throw new PalletError(`Cannot connect: ${why}`, { kind: "config", help });
  }

  const ownIdentities = query.identities ?? [];
  const inFolder = (name: string) => join(home, ".ssh", name);
  const identityFiles = ownIdentities.length > 0
    ? ownIdentities
    : options.has("identityfile")
    ? await reader.paths("identityfile")
    : IDENTITIES.map(inFolder);
  const knownHosts = async (keyword: string, otherwise: readonly string[]) =>
    options.has(keyword) ? await reader.paths(keyword) : otherwise;
  const timeout = whole(options, "connecttimeout", 0);
  const revoked = options.all("revokedhostkeys").find(({ text }) => text.toLowerCase() !== "none");
  const text = (keyword: string) => options.get(keyword);

  return {
    host: query.host,
    hostName,
    port,
    user,
    identityFiles,
    identitiesNamed: ownIdentities.length > 0 || options.has("identityfile"),
    certificateFiles: await reader.paths("certificatefile"),
    identitiesOnly: options.get("identitiesonly") === "yes",
    ...optional("identityAgent", await agentOf(reader)),
    proxyJump: jump,
    ...optional("proxyCommand", proxyCommand),
    userKnownHostsFiles: await knownHosts(
      "userknownhostsfile",
      ["known_hosts", "known_hosts2"].map(inFolder),
    ),
    globalKnownHostsFiles: await knownHosts(
      "globalknownhostsfile",
      ["ssh_known_hosts", "ssh_known_hosts2"].map((name) => join(machine.systemFolder, name)),
    ),
    strictHostKeyChecking: choice(
      options,
      "stricthostkeychecking",
      ["yes", "ask", "accept-new", "no"],
      "ask",
    ),
    ...optional("hostKeyAlias", alias),
    ...optional(
      "revokedHostKeys",
      revoked === undefined ? undefined : await reader.path(revoked, "revokedhostkeys"),
    ),
    ...optional("connectTimeout", timeout > 0 ? timeout : undefined),
    connectionAttempts: Math.max(1, whole(options, "connectionattempts", 1)),
    serverAliveInterval: whole(options, "serveraliveinterval", 0),
    serverAliveCountMax: whole(options, "serveralivecountmax", 3),
    addressFamily: choice(options, "addressfamily", ["any", "inet", "inet6"], "any"),
    ...optional("bindAddress", text("bindaddress")),
    ...optional("bindInterface", text("bindinterface")),
    algorithms: {
      ...optional("kex", text("kexalgorithms")),
      ...optional("cipher", text("ciphers")),
      ...optional("hmac", text("macs")),
      ...optional("hostKey", text("hostkeyalgorithms")),
      ...optional("publicKey", text("pubkeyacceptedalgorithms")),
    },
    requiredRsaSize: whole(options, "requiredrsasize", 1024),
    compression: options.get("compression") === "yes",
    environment: await environmentOf(reader),
    forwardAgent: query.forwardAgent ?? false,
    ignored: ignoredOf(options, (keyword) => {
      const value = options.all(keyword)[0];
      return value === undefined ? "" : placeOf(value, home);
    }),
    origins: originsOf(query, options, home),
  };
}
