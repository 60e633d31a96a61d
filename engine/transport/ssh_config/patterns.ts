import { BlockList, isIP } from "node:net";

/** Whether `*` and `?` of a pattern can stand for the rest of a text. */
export function matchesPattern(text: string, pattern: string): boolean {
  // Backtracks to the last star alone, so that a pattern of many stars costs no more than one of them.
  let [at, in_, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    const expected = pattern.charAt(in_);
    if (expected === "*") [star, mark, in_] = [in_, at, in_ + 1];
    else if (expected !== "" && (expected === "?" || expected === text.charAt(at))) {
      [at, in_] = [at + 1, in_ + 1];
    } else if (star >= 0) [in_, mark, at] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  while (pattern.charAt(in_) === "*") in_++;
  return in_ === pattern.length;
}

/**
 * Whether a text matches a list of patterns with commas between them: one at least, and none that begins with `!`.
 *
 * @example
 * ```ts
 * import { matchesList } from "./patterns.ts";
 *
 * console.assert(matchesList("db.example.org", "*.example.org,!web.*"));
 * console.assert(!matchesList("web.example.org", "*.example.org,!web.*"));
 * ```
 */
export function matchesList(text: string, list: string, lower = false): boolean {
  let found = false;
  // An empty pattern after the last comma is none.
  for (const entry of list.replace(/,$/, "").split(",")) {
    const negated = entry.startsWith("!");
    const pattern = negated ? entry.slice(1) : entry;
    if (!matchesPattern(text, lower ? pattern.toLowerCase() : pattern)) continue;
    if (negated) return false;
    found = list !== "";
  }
  return found;
}

/** Whether a host name matches a list, whatever the case of either. */
export function matchesHost(host: string, list: string): boolean {
  return matchesList(host.toLowerCase(), list, true);
}

/** Whether one of some addresses is in a list of networks, as `10.0.0.0/8,fd00::/8`; nothing when the list is none. */
export function matchesNetworks(addresses: readonly string[], list: string): boolean | undefined {
  const networks = new BlockList();
  for (const entry of list.split(",")) {
    const [network = "", bits, more] = entry.split("/");
    const version = isIP(network);
    const most = version === 4 ? 32 : 128;
    const length = bits === undefined ? most : Number(bits);
    if (version === 0 || more !== undefined || !/^\d{1,3}$/.test(bits ?? "0") || length > most) {
      return undefined;
    }
    networks.addSubnet(network, length, version === 4 ? "ipv4" : "ipv6");
  }
  return addresses.some((address) => {
    const plain = address.replace(/%.*$/, "");
    return networks.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  });
}
