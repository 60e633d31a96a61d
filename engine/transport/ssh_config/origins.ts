import type { SshQuery } from "../ssh_settings.ts";
import type { Options, Value } from "./options.ts";

/** Where a value is from, with the home folder as `~`. */
export function placeOf({ from }: Value, home: string): string {
  if (typeof from === "string") return from;
  const inside = from.file.startsWith(`${home}/`) ? `~${from.file.slice(home.length)}` : from.file;
  return `${inside}:${from.line}`;
}

/** By name in the settings, the keyword that it is from. */
const KEYWORDS: Readonly<Record<string, string>> = {
  hostName: "hostname",
  port: "port",
  user: "user",
  identityFiles: "identityfile",
  certificateFiles: "certificatefile",
  identitiesOnly: "identitiesonly",
  identityAgent: "identityagent",
  proxyJump: "proxyjump",
  proxyCommand: "proxycommand",
  userKnownHostsFiles: "userknownhostsfile",
  globalKnownHostsFiles: "globalknownhostsfile",
  strictHostKeyChecking: "stricthostkeychecking",
  hostKeyAlias: "hostkeyalias",
  revokedHostKeys: "revokedhostkeys",
  connectTimeout: "connecttimeout",
  connectionAttempts: "connectionattempts",
  serverAliveInterval: "serveraliveinterval",
  serverAliveCountMax: "serveralivecountmax",
  addressFamily: "addressfamily",
  bindAddress: "bindaddress",
  bindInterface: "bindinterface",
  compression: "compression",
  "algorithms.kex": "kexalgorithms",
  "algorithms.cipher": "ciphers",
  "algorithms.hmac": "macs",
  "algorithms.hostKey": "hostkeyalgorithms",
  "algorithms.publicKey": "pubkeyacceptedalgorithms",
  requiredRsaSize: "requiredrsasize",
};

/** Where the values of settings are from, by their names there; a place for each value of a list. */
export function originsOf(
  query: SshQuery,
  options: Options,
  home: string,
): Record<string, readonly string[]> {
  const own = query.identities === undefined || query.identities.length === 0 ? undefined : query.identities;
  const origins: Record<string, readonly string[]> = {};
  for (const [name, keyword] of Object.entries(KEYWORDS)) {
    const values = options.all(keyword).filter(({ text }) =>
      keyword !== "identityfile" || !/^none$/i.test(text)
    );
    const places = values.map((value) => placeOf(value, home)).filter((place) => place !== "");
    if (places.length > 0) origins[name] = places;
  }
  if (own !== undefined) {
    delete origins["identityFiles"];
    origins["identityFiles"] = own.map(() => query.from?.identities ?? "its service");
  }
  return origins;
}
