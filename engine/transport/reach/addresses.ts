import { lookup } from "node:dns";
import { isIP } from "node:net";
import type { SshSettings } from "../ssh_settings.ts";

/** An address that a connection can be tried to. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** What {@linkcode addressesOf} is told. */
export type AddressQuery = Pick<SshSettings, "hostName" | "addressFamily">;

/** `[::1]` is how people write `::1` where a port may follow. */
export function bare(hostName: string): string {
  return /^\[.*\]$/.test(hostName) ? hostName.slice(1, -1) : hostName;
}

/** The address that a text already is, also one with a scope: `fe80::1%eth0`. */
function literal(text: string): Address | undefined {
  const family = isIP(text.replace(/%[\w.-]+$/, ""));
  return family === 4 || family === 6 ? { address: text, family } : undefined;
}

/**
 * All addresses of a host that may be used, in the order in which they are to be tried: as the system's resolver has
 * them, the families taking turns, so that one that leads nowhere costs one wait.
 *
 * @throws What the resolver says; its `code` is `ENOTFOUND` or `EAI_AGAIN`.
 */
export async function addressesOf({ hostName, addressFamily }: AddressQuery): Promise<readonly Address[]> {
  const host = bare(hostName);
  const given = literal(host);
  const wanted = addressFamily === "inet" ? 4 : addressFamily === "inet6" ? 6 : undefined;
  const found = given === undefined ? await resolve(host) : [given];
  return inTurns(found.filter(({ family }) => wanted === undefined || family === wanted));
}

function resolve(host: string): Promise<readonly Address[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Address[]>();
  lookup(host, { all: true }, (error, found) => {
    if (error !== null) reject(error);
    else resolve(found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })));
  });
  return promise;
}

/** One of a family, one of the other, and so on; the first stays the first. */
export function inTurns(addresses: readonly Address[]): readonly Address[] {
  const first = addresses[0]?.family;
  const some = addresses.filter(({ family }) => family === first);
  const others = addresses.filter(({ family }) => family !== first);
  return some.flatMap((address, at) => [address, ...others.slice(at, at + 1)]).concat(
    others.slice(some.length),
  );
}
