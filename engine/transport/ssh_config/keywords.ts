// Every keyword of ssh_config(5), also those of older versions and of what Debian, Fedora and Apple add.
import type { AlgorithmKind } from "./machine.ts";

/** How the arguments of a keyword are read. */
export type Kind =
  | "flag"
  | { readonly choice: Readonly<Record<string, string>> }
  | "time"
  | "whole"
  | "port"
  | "text"
  | { readonly algorithms: AlgorithmKind }
  | "agent"
  | "list"
  | "rest"
  | "identity"
  | "certificate"
  | "send"
  | "set"
  | "domains"
  | "cnames"
  | "jump"
  | "forward"
  | "refuse"
  /** Nothing here depends on it. */
  | "unread";

const yesNo = { yes: "yes", true: "yes", no: "no", false: "no" };

const kinds: Readonly<Record<string, Kind>> = {
  addkeystoagent: "unread",
  addressfamily: { choice: { any: "any", inet: "inet", inet6: "inet6" } },
  batchmode: "flag",
  bindaddress: "text",
  bindinterface: "text",
  canonicaldomains: "domains",
  canonicalizefallbacklocal: "flag",
  canonicalizehostname: { choice: { ...yesNo, always: "always" } },
  canonicalizemaxdots: "whole",
  canonicalizepermittedcnames: "cnames",
  casignaturealgorithms: { algorithms: "key-sig" },
  certificatefile: "certificate",
  channeltimeout: "unread",
  checkhostip: "flag",
  ciphers: { algorithms: "cipher" },
  clearallforwardings: "flag",
  compression: { choice: { yes: "yes", no: "no" } },
  connectionattempts: "whole",
  connecttimeout: "time",
  controlmaster: "unread",
  controlpath: "text",
  controlpersist: "unread",
  dynamicforward: "unread",
  enableescapecommandline: "flag",
  enablesshkeysign: "flag",
  escapechar: "unread",
  exitonforwardfailure: "flag",
  fingerprinthash: "unread",
  forkafterauthentication: "flag",
  forwardagent: "forward",
  forwardx11: "flag",
  forwardx11timeout: "time",
  forwardx11trusted: "flag",
  gatewayports: "flag",
  globalknownhostsfile: "list",
  gssapiauthentication: "flag",
  gssapidelegatecredentials: "flag",
  hashknownhosts: "flag",
  hostbasedacceptedalgorithms: { algorithms: "key-sig" },
  hostbasedauthentication: "flag",
  hostkeyalgorithms: { algorithms: "key-sig" },
  hostkeyalias: "text",
  hostname: "text",
  identitiesonly: "flag",
  identityagent: "agent",
  identityfile: "identity",
  ignoreunknown: "text",
  ipqos: "unread",
  kbdinteractiveauthentication: "flag",
  kbdinteractivedevices: "text",
  kexalgorithms: { algorithms: "kex" },
  knownhostscommand: "rest",
  localcommand: "rest",
  localforward: "unread",
  loglevel: "unread",
  logverbose: "unread",
  macs: { algorithms: "mac" },
  nohostauthenticationforlocalhost: "flag",
  numberofpasswordprompts: "whole",
  obscurekeystroketiming: "unread",
  passwordauthentication: "flag",
  permitlocalcommand: "flag",
  permitremoteopen: "unread",
  pkcs11provider: "text",
  port: "port",
  preferredauthentications: "text",
  proxycommand: "rest",
  proxyjump: "jump",
  proxyusefdpass: "flag",
  pubkeyacceptedalgorithms: { algorithms: "key-sig" },
  pubkeyauthentication: { choice: { ...yesNo, unbound: "unbound", "host-bound": "host-bound" } },
  refuseconnection: "refuse",
  rekeylimit: "unread",
  remotecommand: "rest",
  remoteforward: "unread",
  requesttty: "unread",
  requiredrsasize: "whole",
  revokedhostkeys: "text",
  securitykeyprovider: "text",
  sendenv: "send",
  serveralivecountmax: "whole",
  serveraliveinterval: "time",
  sessiontype: "unread",
  setenv: "set",
  stdinnull: "flag",
  streamlocalbindmask: "unread",
  streamlocalbindunlink: "flag",
  stricthostkeychecking: { choice: { ...yesNo, off: "no", ask: "ask", "accept-new": "accept-new" } },
  syslogfacility: "unread",
  tag: "text",
  tcpkeepalive: "flag",
  tunnel: "unread",
  tunneldevice: "unread",
  updatehostkeys: { choice: { ...yesNo, ask: "ask" } },
  user: "text",
  userknownhostsfile: "list",
  verifyhostkeydns: { choice: { ...yesNo, ask: "ask" } },
  versionaddendum: "unread",
  visualhostkey: "flag",
  warnweakcrypto: "unread",
  xauthlocation: "text",
};

const aliases: Readonly<Record<string, string>> = {
  challengeresponseauthentication: "kbdinteractiveauthentication",
  dsaauthentication: "pubkeyauthentication",
  hostbasedkeytypes: "hostbasedacceptedalgorithms",
  identityfile2: "identityfile",
  keepalive: "tcpkeepalive",
  pubkeyacceptedkeytypes: "pubkeyacceptedalgorithms",
  skeyauthentication: "kbdinteractiveauthentication",
  smartcarddevice: "pkcs11provider",
  tisauthentication: "kbdinteractiveauthentication",
};

/** Read over by ssh, or known to the builds of ssh that come with a system. */
const unread = new Set([
  ..."protocol cipher fallbacktorsh globalknownhostsfile2 rhostsauthentication userknownhostsfile2".split(
    " ",
  ),
  ..."useroaming usersh useprivilegedport afstokenpassing kerberosauthentication".split(" "),
  ..."kerberostgtpassing rsaauthentication rhostsrsaauthentication compressionlevel".split(" "),
  ..."gssapikeyexchange gssapiclientidentity gssapiserveridentity gssapitrustdns".split(" "),
  ..."gssapirenewalforcesrekey gssapikexalgorithms protocolkeepalives setuptimeout".split(" "),
  ..."rsaminsize usekeychain".split(" "),
]);

/** What a keyword is called, and how its arguments are read; nothing when there is no such keyword. */
export function keywordOf(word: string): { readonly name: string; readonly kind: Kind } | undefined {
  const name = aliases[word] ?? word;
  if (unread.has(name)) return { name, kind: "unread" };
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  return kind === undefined ? undefined : { name, kind };
}

/** All keywords that are in use. */
export const keywords: readonly string[] = [...Object.keys(kinds), "host", "match", "include"];
