import { familyOf } from "../os/mod.ts";
import type { Facts } from "../spec/node.ts";
import { decodeWord } from "./words.ts";

/** An IPv6 address from 32 hexadecimal digits, as people write it. */
function formatIpv6(digits: string): string {
  const groups = (digits.match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, ""));
  const zeros = [...groups.join(":").matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)]
    .sort((a, b) => b[0].length - a[0].length)[0];
  const whole = groups.join(":");
  if (zeros === undefined) return whole;
  const before = whole.slice(0, zeros.index);
  const after = whole.slice(zeros.index + zeros[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

/**
 * Facts from the lines that the loop on a node prints, without their `@fact`.
 *
 * @example
 * ```ts
 * import { parseFacts } from "./facts.ts";
 *
 * const facts = parseFacts(["ID debian", "VERSION_ID 12", "PACKAGER apt"], 0);
 * console.assert(facts.os.family === "debian" && facts.packager === "apt");
 * ```
 */
export function parseFacts(lines: readonly string[], at: number): Facts {
  const values = new Map<string, string>();
  const addresses: string[] = [];
  const tags: Record<string, string> = {};
  for (const line of lines) {
    const [, key = "", value = ""] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    if (key === "ADDRESS") addresses.push(/^[0-9a-f]{32}$/.test(value) ? formatIpv6(value) : value);
    else if (key === "TAG") {
      const [, name = "", text = ""] = /^(\S+) ?(.*)$/.exec(value) ?? [];
      tags[decodeWord(name)] = decodeWord(text);
    } else values.set(key, value);
  }
  const get = (key: string, otherwise = "") => values.get(key) || otherwise;
  const id = get("ID", "linux");
  return {
    os: {
      id,
      family: familyOf(id, get("ID_LIKE").split(" ").filter((like) => like !== "")),
      version: get("VERSION_ID"),
      codename: get("VERSION_CODENAME"),
    },
    arch: get("ARCH", "unknown"),
    packager: get("PACKAGER", "unknown"),
    init: get("INIT", "none"),
    hostname: get("HOSTNAME"),
    addresses,
    bootId: get("BOOT"),
    source: "node",
    at,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}
