// Names of algorithms: those that ssh does not know make the whole configuration invalid to it.
import type { AlgorithmKind, Machine } from "./machine.ts";
import { matchesPattern } from "./patterns.ts";

const certified = (...names: readonly string[]) =>
  names.flatMap((name) => [name, `${name.replace(/@openssh\.com$/, "")}-cert-v01@openssh.com`]);

/** What every ssh of today knows, and is not asked about. */
const USUAL: Readonly<Record<AlgorithmKind, readonly string[]>> = {
  cipher: [
    ...["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-ctr", "aes192-ctr", "aes256-ctr"],
    ...["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"],
  ],
  mac: ["hmac-sha1", "hmac-sha2-256", "hmac-sha2-512", "umac-64@openssh.com", "umac-128@openssh.com"]
    .flatMap((name) => [name, `${name.replace(/@openssh\.com$/, "")}-etm@openssh.com`]),
  kex: [
    ...["curve25519-sha256", "curve25519-sha256@libssh.org", "sntrup761x25519-sha512@openssh.com"],
    ...["ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521"],
    ...["diffie-hellman-group-exchange-sha256", "diffie-hellman-group14-sha256"],
    ...["diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512"],
  ],
  "key-sig": certified(
    ...["ssh-ed25519", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"],
    ...["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"],
    ...["ssh-rsa", "rsa-sha2-256", "rsa-sha2-512"],
  ),
};

/**
 * The first name of a list, as ssh_config(5) has it, that the ssh of a machine does not know; nothing where it knows all,
 * or where there is none to ask. What a list takes away need not be known.
 */
export async function unknownAlgorithm(
  kind: AlgorithmKind,
  list: string,
  machine: Pick<Machine, "algorithms">,
): Promise<string | undefined> {
  if (list.startsWith("-")) return undefined;
  const given = list.replace(/^[+^]/, "").split(",");
  if (given.join() === "") return "";
  // What follows an empty name is not looked at. Exchanges by Kerberos have names that end as the server says.
  const end = given.indexOf("");
  const names = given.slice(0, end < 0 ? undefined : end).filter((name) => !name.startsWith("gss-"));
  const isOf = (known: readonly string[]) => (name: string) =>
    kind === "key-sig" ? known.some((one) => matchesPattern(one, name)) : known.includes(name);
  const asked = names.filter((name) => !isOf(USUAL[kind])(name));
  if (asked.length === 0) return undefined;
  const known = await machine.algorithms(kind);
  return known.length === 0 ? undefined : asked.find((name) => !isOf(known)(name));
}
