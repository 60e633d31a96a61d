// What stands in the files and has no effect here: said, so that nobody waits for it.
import type { Options } from "./options.ts";

const never: Readonly<Record<string, string>> = {
  casignaturealgorithms: "CASignatureAlgorithms: certificates of hosts are checked by Pallet's own rules",
  forwardagent: "ForwardAgent: an agent goes along only when the service or pallet ssh -A says so",
  knownhostscommand: "KnownHostsCommand: host keys come from files and from providers alone",
  pkcs11provider: "PKCS11Provider: keys on tokens work by way of an agent",
  proxyusefdpass: "ProxyUseFdpass: a ProxyCommand must carry the connection itself",
  remotecommand: "RemoteCommand: Pallet runs its own",
  securitykeyprovider: "SecurityKeyProvider: keys on tokens work by way of an agent",
  verifyhostkeydns: "VerifyHostKeyDNS: host keys come from files and from providers alone",
};

const said: readonly (readonly [keyword: string, applies: (value: string) => boolean, text: string])[] = [
  ...Object.entries(never).map(([keyword, text]) =>
    [keyword, (value: string) => !/^(?:no|none)$/i.test(value), text] as const
  ),
  [
    "pubkeyauthentication",
    (value) => value === "no",
    "PubkeyAuthentication no: Pallet logs in by keys alone",
  ],
  [
    "nohostauthenticationforlocalhost",
    (value) => value === "yes",
    "NoHostAuthenticationForLocalhost: host keys are always checked",
  ],
  ["permitlocalcommand", (value) => value === "yes", "LocalCommand: nothing is run here after a login"],
  [
    "preferredauthentications",
    (value) => !value.split(",").includes("publickey"),
    "PreferredAuthentications: Pallet logs in by keys alone",
  ],
];

/** Sentences on what is ignored, each with its place. */
export function ignoredOf(options: Options, place: (keyword: string) => string): readonly string[] {
  return said.flatMap(([keyword, applies, text]) => {
    const value = options.get(keyword);
    return value !== undefined && applies(value) ? [`${text} (${place(keyword)})`] : [];
  });
}
