// The known_hosts format (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): who has which key, as text.
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { messageOf } from "../errors.ts";
import { keyType } from "./public_key.ts";

/** A line of a known_hosts file. */
export interface KnownHost {
  /** `revoked`: this key is to be refused whoever has it; `cert-authority`: it signs certificates of these hosts. */
  readonly marker: "" | "revoked" | "cert-authority";
  /** Patterns, or one hashed name. */
  readonly hosts: string;
  /** `ssh-ed25519` and the like. */
  readonly type: string;
  /** The public key, in base64. */
  readonly key: string;
  /** Where it stands: `path:line`. */
  readonly place: string;
}

/** What a known_hosts file holds. */
export interface KnownHosts {
  readonly entries: readonly KnownHost[];
  /** Lines that cannot be read, each with its place: `path:line: it has no key`. */
  readonly problems: readonly string[];
}

/** How a host is called in known_hosts: `[host]:port` unless the port is 22. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/**
 * Reads a known_hosts file. A line that cannot be read says so and is passed over; all others count.
 *
 * @example
 * ```ts
 * import { parseKnownHosts } from "./known_hosts.ts";
 *
 * const key = "AAAAC3NzaC1lZDI1NTE5AAAAIPlBxPt3z0yxlX4Zs01kUnHsi5WDpS6MBSLMwaGDPzyy";
 * const { entries, problems } = parseKnownHosts(`web-1 ssh-ed25519 ${key} comment\nweb-2\n`, "known_hosts");
 * console.assert(entries[0]?.hosts === "web-1" && entries[0]?.place === "known_hosts:1");
 * console.assert(problems[0] === "known_hosts:2: it names no host with a key");
 * ```
 */
export function parseKnownHosts(text: string, path: string): KnownHosts {
  const entries: KnownHost[] = [];
  const problems: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const place = `${path}:${index + 1}`;
    try {
      entries.push({ ...parseLine(line), place });
    } catch (thrown) {
      problems.push(`${place}: ${messageOf(thrown)}`);
    }
  }
  return { entries, problems };
}

function parseLine(line: string): Omit<KnownHost, "place"> {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") ? words.shift()?.slice(1) : "";
  if (marker !== "" && marker !== "revoked" && marker !== "cert-authority") {
    throw new Error(`the marker @${marker} is unknown`);
  }
  const [hosts, type, key] = words;
  if (hosts === undefined || type === undefined || key === undefined) {
    throw new Error("it names no host with a key");
  }
  if (/^\d+$/.test(type)) throw new Error("it has a key of ssh version 1, which is of no use");
  if (typeIn(key) !== type) throw new Error(`its key is damaged, or not of type ${type}`);
  return { marker, hosts, type, key };
}

/** The type that stands inside a key in base64; nothing when it is none. */
function typeIn(key: string): string | undefined {
  try {
    return /^[A-Za-z0-9+/]+={0,2}$/.test(key) ? keyType(Buffer.from(key, "base64")) : undefined;
  } catch {
    return undefined; // too short to hold one
  }
}

/** Whether an entry speaks of a host, by any of its names. */
export function speaksOf(entry: KnownHost, names: readonly string[]): boolean {
  return names.some((name) => matches(entry.hosts, name));
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = hosts.split("|");
    const hmac = createHmac("sha1", Buffer.from(salt, "base64")).update(name.toLowerCase());
    return hmac.digest("base64") === hash;
  }
  const patterns = hosts.split(",");
  const fits = (pattern: string) => wildcard(pattern).test(name);
  if (patterns.some((pattern) => pattern.startsWith("!") && fits(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith("!") && fits(pattern));
}

/** A pattern with `*` and `?`, as a regular expression. */
export function wildcard(pattern: string): RegExp {
  const source = pattern.replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i");
}

/** A name that stands for itself in known_hosts, whatever it is made of. */
export function plainName(name: string): string {
  return name.replaceAll(
    /[\s,*?!|#@%]/g,
    (letter) => Buffer.from(letter).toString("hex").toUpperCase().replaceAll(/../g, "%$&"),
  );
}

/** A line for a known_hosts file. */
export function knownHostLine(name: string, type: string, key: string): string {
  return `${plainName(name)} ${type} ${key}\n`;
}
