// Which algorithms a login offers: what is safe and cheap, changed as ssh's configuration says.
// @ts-types="@types/ssh2"
import type { ConnectConfig } from "ssh2";
import { PalletError } from "../errors.ts";
import type { SshSettings } from "./ssh_settings.ts";

type Offered = NonNullable<ConnectConfig["algorithms"]>;

/** One kind of algorithm: what is offered unless told, cheapest first, and what can be had besides. */
interface Family {
  readonly name: string;
  readonly usual: readonly string[];
  readonly besides: readonly string[];
}

const FAMILIES = {
  kex: {
    name: "KexAlgorithms",
    usual: [
      "curve25519-sha256",
      "curve25519-sha256@libssh.org",
      "ecdh-sha2-nistp256",
      "ecdh-sha2-nistp384",
      "ecdh-sha2-nistp521",
      "diffie-hellman-group-exchange-sha256",
      "diffie-hellman-group14-sha256",
    ],
    besides: [
      "diffie-hellman-group15-sha512",
      "diffie-hellman-group16-sha512",
      "diffie-hellman-group17-sha512",
      "diffie-hellman-group18-sha512",
      "diffie-hellman-group14-sha1",
      "diffie-hellman-group-exchange-sha1",
      "diffie-hellman-group1-sha1",
    ],
  },
  cipher: {
    name: "Ciphers",
    usual: [
      "aes128-gcm@openssh.com",
      "aes256-gcm@openssh.com",
      "aes128-ctr",
      "aes192-ctr",
      "aes256-ctr",
    ],
    besides: ["chacha20-poly1305@openssh.com", "aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"],
  },
  hmac: {
    name: "MACs",
    usual: [
      "hmac-sha2-256-etm@openssh.com",
      "hmac-sha2-512-etm@openssh.com",
      "hmac-sha2-256",
      "hmac-sha2-512",
    ],
    besides: ["hmac-sha1-etm@openssh.com", "hmac-sha1"],
  },
  hostKey: {
    name: "HostKeyAlgorithms",
    usual: [
      "ssh-ed25519",
      "ecdsa-sha2-nistp256",
      "ecdsa-sha2-nistp384",
      "ecdsa-sha2-nistp521",
      "rsa-sha2-512",
      "rsa-sha2-256",
    ],
    besides: ["ssh-rsa", "ssh-dss"],
  },
} as const satisfies Record<string, Family>;

/**
 * What a login offers a server; types of host keys that are known of it come first, so that it shows one of those.
 *
 * @throws {PalletError} of kind `config` when ssh's configuration leaves nothing that can be used.
 */
export function algorithmsFor(
  settings: Pick<SshSettings, "algorithms"> & Partial<Pick<SshSettings, "origins">>,
  known: readonly string[],
): Offered {
  const { kex, cipher, hmac, hostKey } = settings.algorithms;
  const place = (kind: keyof typeof FAMILIES) => settings.origins?.[`algorithms.${kind}`]?.[0];
  const types = changed(FAMILIES.hostKey, hostKey, place("hostKey"));
  const first = types.filter((type) => known.includes(type));
  const offered = {
    kex: changed(FAMILIES.kex, kex, place("kex")),
    cipher: changed(FAMILIES.cipher, cipher, place("cipher")),
    hmac: changed(FAMILIES.hmac, hmac, place("hmac")),
    serverHostKey: [...first, ...types.filter((type) => !known.includes(type))],
    compress: ["none"],
  };
  // The lists above hold names of ssh2's alone.
  return offered as Offered;
}

/** A family's list as `+a,b`, `-a*`, `^a` or `a,b` changes it. */
function changed(family: Family, list: string | undefined, place: string | undefined): readonly string[] {
  if (list === undefined || list === "") return family.usual;
  const sign = /^[+^-]/.exec(list)?.[0] ?? "";
  const names = list.slice(sign.length).split(",").map((name) => name.trim());
  const able = [...family.usual, ...family.besides];
  const named = names.flatMap((pattern) => able.filter((name) => matches(pattern, name)));
  const result = sign === "-"
    ? family.usual.filter((name) => !names.some((pattern) => matches(pattern, name)))
    : sign === "+"
    ? [...family.usual, ...named]
    : sign === "^"
    ? [...named, ...family.usual]
    : named;
  if (result.length > 0) return [...new Set(result)];
  const where = place === undefined ? "" : ` (${place})`;
  throw new PalletError(
    `The ssh configuration leaves no algorithm that Pallet has: ${family.name} ${list}${where}`,
    { kind: "config", help: `Add one of ${able.join(", ")}.` },
  );
}

function matches(pattern: string, name: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(name);
}
