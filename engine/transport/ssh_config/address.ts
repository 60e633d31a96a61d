import { isIP } from "node:net";

/** Whether a name can be an address alone, be it one or not. */
export function looksLikeAddress(name: string): boolean {
  return /[%:]/.test(name) || /^[0-9.]+$/.test(name);
}

/** An address as resolvers print it: `127.1` is `127.0.0.1`; nothing when the name is no address. */
export function canonicalAddress(name: string): string | undefined {
  const [plain = "", zone] = name.split("%", 2);
  if (isIP(plain) === 6) {
    const { hostname } = new URL(`http://[${plain}]`);
    return hostname.slice(1, -1) + (zone === undefined ? "" : `%${zone}`);
  }
  if (!/^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}$/i.test(name)) return undefined;
  // An URL's host is read by the rules of inet_aton(3).
  return URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname : undefined;
}
