// The known_hosts format (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): who has which key, as text.
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/** A line of a known_hosts file. */
export interface KnownHost {
  /** `revoked`: this key is to be refused whoever has it. */
  readonly marker: "" | "revoked";
  /** Patterns, or one hashed name. */
  readonly hosts: string;
  /** `ssh-ed25519` and the like. */
  readonly type: string;
  /** The public key, in base64. */
  readonly key: string;
  /** Where it stands: `path:line`. */
  readonly place: string;
}

/** How a host is called in known_hosts: `[host]:port` unless the port is 22. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/**
 * The entries of a known_hosts file. Comments, lines that cannot be read, and certificate authorities, which nothing
 * here can check, are left out.
 *
 * @example
 * ```ts
 * import { parseKnownHosts } from "./known_hosts.ts";
 *
 * const [entry] = parseKnownHosts("web-1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 comment\n", "known_hosts");
 * console.assert(entry?.hosts === "web-1" && entry.place === "known_hosts:1");
 * ```
 */
export function parseKnownHosts(text: string, path: string): readonly KnownHost[] {
  const entries: KnownHost[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0]?.startsWith("#")) continue;
    const marker = words[0]?.startsWith("@") ? words.shift() : "";
    const [hosts, type, key] = words;
    if (hosts === undefined || type === undefined || key === undefined) continue;
    if (marker !== "" && marker !== "@revoked") continue;
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) continue;
    entries.push({
      marker: marker === "" ? "" : "revoked",
      hosts,
      type,
      key,
      place: `${path}:${index + 1}`,
    });
  }
  return entries;
}

/** Whether an entry speaks of a host, by any of its names. */
export function speaksOf(entry: KnownHost, names: readonly string[]): boolean {
  return names.some((name) => matches(entry.hosts, name));
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = hosts.split("|");
    return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  const patterns = hosts.split(",");
  const fits = (pattern: string) => wildcard(pattern).test(name);
  if (patterns.some((pattern) => pattern.startsWith("!") && fits(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith("!") && fits(pattern));
}

function wildcard(pattern: string): RegExp {
  const source = pattern.replaceAll(/[^*?]/g, (character) => character.replace(/[\\^$.|+()[\]{}]/, "\\$&"))
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i");
}

/** A line for a known_hosts file. */
export function knownHostLine(name: string, type: string, key: string): string {
  return `${name} ${type} ${key}\n`;
}
