// Short names made whole: CanonicalizeHostname and what belongs to it.
import { PalletError } from "../../errors.ts";
import { canonicalAddress, looksLikeAddress } from "./address.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import { matchesList } from "./patterns.ts";

/** A host's name after the configuration's rules for it. */
export async function canonicalName(host: string, options: Options, machine: Machine): Promise<string> {
  const address = canonicalAddress(host);
  const family = options.get("addressfamily");
  const wanted = family !== (address?.includes(":") ? "inet" : "inet6");
  if (address !== undefined && wanted) return address;
  if (looksLikeAddress(host)) return host;
  const name = host.toLowerCase();
  const mode = options.get("canonicalizehostname") ?? "no";
  const direct = isNone(options.get("proxycommand")) && isNone(options.get("proxyjump"));
  // A name that a hop or a command will look up is theirs to know.
  if (!direct && mode !== "always") return name;
  const lookup = (one: string) =>
    machine.lookup(one, family === "inet" || family === "inet6" ? family : "any");
  const follow = (one: string, canonical: string) =>
    mode !== "no" && isPermitted(one, canonical, options) ? canonical : one;

  if (mode !== "no") {
    for (const candidate of candidates(name, options)) {
      const canonical = await lookup(candidate);
      if (canonical !== undefined) return follow(candidate.slice(0, -1), canonical);
    }
    const tried = name.endsWith(".") || dots(name) <= maxDots(options);
    if (tried && options.get("canonicalizefallbacklocal") === "no") {
      throw new PalletError(`Cannot find "${name}" in any of its CanonicalDomains`, {
        kind: "unreachable",
        help: "CanonicalizeFallbackLocal of the ssh configuration forbids to try it as it is.",
      });
    }
  }
  const permitted = options.all("canonicalizepermittedcnames");
  if (permitted.length === 0 || isNone(permitted[0]?.text)) return name;
  const canonical = await lookup(name);
  if (canonical !== undefined) return follow(name, canonical);
  if (!direct) return name;
  throw new PalletError(`Cannot find "${name}": nobody knows the name`, {
    kind: "unreachable",
    help: "Check the name, the resolver of this machine, and CanonicalDomains of the ssh configuration.",
  });
}

function isNone(text: string | undefined): boolean {
  return text === undefined || text.toLowerCase() === "none";
}

function dots(name: string): number {
  return name.split(".").length - 1;
}

function maxDots(options: Options): number {
  return Number(options.get("canonicalizemaxdots") ?? "1");
}

/** Whole names that a name may stand for, each with the dot that ends it. */
function candidates(name: string, options: Options): readonly string[] {
  if (name.endsWith(".")) return [name];
  if (dots(name) > maxDots(options)) return [];
  const domains = options.all("canonicaldomains").map(({ text }) => text);
  return domains[0] === "none" ? [] : domains.map((domain) => `${name}.${domain}.`);
}

function isPermitted(name: string, canonical: string, options: Options): boolean {
  return options.all("canonicalizepermittedcnames").some(({ text }) => {
    if (text === "none") return false;
    const colon = text.indexOf(":");
    const [from, to] = colon < 0 ? [text, text] : [text.slice(0, colon), text.slice(colon + 1)];
    return matchesList(name, from, true) && matchesList(canonical, to, true);
  });
}
