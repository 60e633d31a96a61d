import { Buffer } from "node:buffer";
import { fingerprint } from "../transport/host_keys.ts";

/** The public half of a key on this machine. */
export interface PublicKey {
  /** As a line of an `authorized_keys` file. */
  readonly line: string;
  /** `SHA256:...` as ssh-keygen prints it. */
  readonly fingerprint: string;
}

const LINE = /^((?:sk-)?(?:ssh|ecdsa)-\S+) ([A-Za-z0-9+/=]+)(?: (.*))?$/m;
const OPENSSH = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/;
const MAGIC = "openssh-key-v1\0";

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    // A key that cannot be read is told by whoever logs in with it, with the reason.
    return undefined;
  }
}

function ofLine(text: string): PublicKey | undefined {
  const match = LINE.exec(text);
  return match?.[2] === undefined ? undefined : { line: match[0].trim(), fingerprint: fingerprint(match[2]) };
}

/** The public key that a private one in OpenSSH's format begins with, encrypted or not. */
function ofPrivateKey(text: string): PublicKey | undefined {
  const data = Buffer.from(OPENSSH.exec(text)?.[1] ?? "", "base64");
  if (data.subarray(0, MAGIC.length).toString("latin1") !== MAGIC) return undefined;
  let at = MAGIC.length;
  const field = (): Buffer => {
    const length = data.readUInt32BE(at);
    at += 4 + length;
    return data.subarray(at - length, at);
  };
  try {
    for (const _ of ["cipher", "kdf", "kdf options"]) field();
    at += 4; // how many keys there are
    const key = field();
    const type = key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1");
    const encoded = key.toString("base64");
    return { line: `${type} ${encoded}`, fingerprint: fingerprint(encoded) };
  } catch {
    return undefined;
  }
}

/**
 * The public half of a key: the file that is named, else the private one's neighbour `.pub`, else what the private one
 * tells of it without its passphrase. Nothing when none of them can be read.
 */
export async function publicKeyOf(
  { privateKey, publicKey }: { readonly privateKey?: string; readonly publicKey?: string },
): Promise<PublicKey | undefined> {
  if (publicKey !== undefined) return ofLine(await textOf(publicKey) ?? "");
  if (privateKey === undefined) return undefined;
  const beside = ofLine(await textOf(`${privateKey}.pub`) ?? "");
  return beside ?? ofPrivateKey(await textOf(privateKey) ?? "");
}
