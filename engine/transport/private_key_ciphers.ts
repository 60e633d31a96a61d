// Taking the passphrase off private keys: the ciphers and key derivations that ssh-keygen and openssl write.
import { Buffer } from "node:buffer";
import { createDecipheriv, createHash, pbkdf2Sync, scryptSync, timingSafeEqual } from "node:crypto";
import { derElements, FieldReader, readDer } from "./wire.ts";

/** The passphrase does not open the key. */
export class WrongPassphrase extends Error {
  override readonly name = "WrongPassphrase";
  constructor(cause?: unknown) {
    super("the passphrase is wrong", { cause });
  }
}

function decipher(name: string, key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Buffer {
  if (name === "aes-192-cbc") return aes192Cbc(key, iv, bytes);
  const cipher = createDecipheriv(name, key, iv);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

/** The platform has no AES-192-CBC; block by block it does. */
function aes192Cbc(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Buffer {
  const plain = decipher("aes-192-ecb", key, new Uint8Array(0), bytes);
  const before = Buffer.concat([iv, bytes]);
  return plain.map((byte, at) => byte ^ (before[at] ?? 0)) as Buffer;
}

/** Takes off the padding that PEM and PKCS #8 end with; what does not end so was opened with a wrong key. */
function unpad(bytes: Buffer, block: number): Buffer {
  const count = bytes[bytes.length - 1] ?? 0;
  const end = bytes.subarray(bytes.length - count);
  if (count < 1 || count > block || end.some((byte) => byte !== count)) throw new WrongPassphrase();
  return bytes.subarray(0, bytes.length - count);
}

/** Ciphers of PEM and PKCS #8; `size` of the key. */
const BLOCK_CIPHERS = [
  { name: "aes-128-cbc", oid: "608648016503040102", size: 16, block: 16 },
  { name: "aes-192-cbc", oid: "608648016503040116", size: 24, block: 16 },
  { name: "aes-256-cbc", oid: "60864801650304012a", size: 32, block: 16 },
  { name: "des-ede3-cbc", oid: "2a864886f70d0307", size: 24, block: 8 },
] as const;

/** Opens a PEM key by its `DEK-Info` line: `AES-128-CBC,IV in hexadecimal`. */
export function openPem(dekInfo: string, bytes: Uint8Array, passphrase: string): Uint8Array {
  const [label = "", hex = ""] = dekInfo.split(",");
  const cipher = BLOCK_CIPHERS.find(({ name }) => name === label.trim().toLowerCase());
  if (cipher === undefined) throw new Error(`it is encrypted by ${label}, which is not supported`);
  const iv = Buffer.from(hex.trim(), "hex");
  let key: Buffer = Buffer.alloc(0);
  for (let last = key; key.length < cipher.size; key = Buffer.concat([key, last])) {
    last = createHash("md5").update(last).update(passphrase).update(iv.subarray(0, 8)).digest();
  }
  return unpad(decipher(cipher.name, key.subarray(0, cipher.size), iv, bytes), cipher.block);
}

const PBES2 = "2a864886f70d01050d";
const PBKDF2 = "2a864886f70d01050c";
const SCRYPT = "2b06010401da47040b";
/** The last byte of the identifiers of HMACs below 1.2.840.113549.2. */
const PRFS: Readonly<Record<string, string>> = {
  "2a864886f70d0207": "sha1",
  "2a864886f70d0208": "sha224",
  "2a864886f70d0209": "sha256",
  "2a864886f70d020a": "sha384",
  "2a864886f70d020b": "sha512",
};

const hexOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");
const countOf = (bytes: Uint8Array | undefined) => Number(`0x0${hexOf(bytes)}`);

/** Opens an encrypted PKCS #8 key; gives the plain one. */
export function openPkcs8(bytes: Uint8Array, passphrase: string): Uint8Array {
  const [algorithm, content] = derElements(readDer(bytes).value);
  const [scheme, parameters] = derElements(algorithm?.value ?? new Uint8Array());
  if (hexOf(scheme?.value) !== PBES2 || parameters === undefined || content === undefined) {
    throw new Error("it is encrypted in an old way; write it anew with: ssh-keygen -p -f FILE");
  }
  const [derivation, encryption] = derElements(parameters.value);
  const [cipherId, iv] = derElements(encryption?.value ?? new Uint8Array());
  const cipher = BLOCK_CIPHERS.find(({ oid }) => oid === hexOf(cipherId?.value));
  if (cipher === undefined || iv === undefined) throw new Error("it is encrypted by an unknown cipher");
  const key = deriveKey(derivation?.value ?? new Uint8Array(), passphrase, cipher.size);
  return unpad(decipher(cipher.name, key, iv.value, content.value), cipher.block);
}

function deriveKey(derivation: Uint8Array, passphrase: string, size: number): Uint8Array {
  const [id, parameters] = derElements(derivation);
  const [salt, first, ...others] = derElements(parameters?.value ?? new Uint8Array());
  if (salt === undefined || first === undefined) throw new Error("its key derivation cannot be read");
  switch (hexOf(id?.value)) {
    case PBKDF2: {
      const prf = others.find(({ tag }) => tag === 0x30);
      const hash = prf === undefined ? "sha1" : PRFS[hexOf(readDer(prf.value).value)];
      if (hash === undefined) throw new Error("its key derivation uses an unknown hash");
      return pbkdf2Sync(passphrase, salt.value, countOf(first.value), size, hash);
    }
    case SCRYPT: {
      const [N, r, p] = [first, ...others].map(({ value }) => countOf(value));
      if (N === undefined || r === undefined || p === undefined) {
        throw new Error("its key derivation cannot be read");
      }
      return scryptSync(passphrase, salt.value, size, { N, r, p, maxmem: 256 * N * r });
    }
    default:
      throw new Error("its key derivation is unknown");
  }
}

/** Ciphers of OpenSSH's own format; `tag`: bytes after what is encrypted. */
const OPENSSH_CIPHERS: Readonly<
  Record<string, { name: string; key: number; iv: number; block: number; tag: number }>
> = {
  "aes128-cbc": { name: "aes-128-cbc", key: 16, iv: 16, block: 16, tag: 0 },
  "aes192-cbc": { name: "aes-192-cbc", key: 24, iv: 16, block: 16, tag: 0 },
  "aes256-cbc": { name: "aes-256-cbc", key: 32, iv: 16, block: 16, tag: 0 },
  "aes128-ctr": { name: "aes-128-ctr", key: 16, iv: 16, block: 16, tag: 0 },
  "aes192-ctr": { name: "aes-192-ctr", key: 24, iv: 16, block: 16, tag: 0 },
  "aes256-ctr": { name: "aes-256-ctr", key: 32, iv: 16, block: 16, tag: 0 },
  "3des-cbc": { name: "des-ede3-cbc", key: 24, iv: 8, block: 8, tag: 0 },
  "aes128-gcm@openssh.com": { name: "aes-128-gcm", key: 16, iv: 12, block: 16, tag: 16 },
  "aes256-gcm@openssh.com": { name: "aes-256-gcm", key: 32, iv: 12, block: 16, tag: 16 },
  "chacha20-poly1305@openssh.com": { name: "chacha20", key: 64, iv: 0, block: 8, tag: 16 },
};

/** Opens the private part of a key in OpenSSH's own format; `tag` is what follows that part. */
export async function openOpenssh(
  sealed: { cipher: string; kdf: string; kdfOptions: Uint8Array; bytes: Uint8Array; tag: Uint8Array },
  passphrase: string,
): Promise<Uint8Array> {
  const cipher = OPENSSH_CIPHERS[sealed.cipher];
  if (cipher === undefined) throw new Error(`it is encrypted by ${sealed.cipher}, which is not supported`);
  if (sealed.kdf !== "bcrypt") throw new Error(`its key derivation ${sealed.kdf} is not supported`);
  if (passphrase === "") throw new WrongPassphrase();
  const options = new FieldReader(sealed.kdfOptions);
  const secret = await bcryptKey(passphrase, options.string(), options.uint32(), cipher.key + cipher.iv);
  const [key, iv] = [secret.subarray(0, cipher.key), secret.subarray(cipher.key)];
  const tag = sealed.tag.subarray(0, cipher.tag);
  if (cipher.name === "chacha20") return openChacha(key.subarray(0, 32), sealed.bytes, tag);
  if (cipher.tag === 0) return decipher(cipher.name, key, iv, sealed.bytes);
  const gcm = createDecipheriv(cipher.name as "aes-256-gcm", key, iv);
  gcm.setAuthTag(tag);
  const plain = gcm.update(sealed.bytes);
  try {
    return Buffer.concat([plain, gcm.final()]);
  } catch (cause) {
    throw new WrongPassphrase(cause);
  }
}

async function bcryptKey(
  passphrase: string,
  salt: Uint8Array,
  rounds: number,
  size: number,
): Promise<Uint8Array> {
  const { default: bcrypt } = await import("bcrypt-pbkdf");
  const [password, key] = [new TextEncoder().encode(passphrase), new Uint8Array(size)];
  const failed: number = bcrypt.pbkdf(password, password.length, salt, salt.length, key, size, rounds);
  if (failed !== 0) throw new Error("its key derivation cannot be read");
  return key;
}

/** ChaCha20 with Poly1305 as ssh has it: the first block keys the tag, what is encrypted follows. */
function openChacha(key: Uint8Array, bytes: Uint8Array, tag: Uint8Array): Uint8Array {
  const block = (count: number) => Uint8Array.of(count, ...new Uint8Array(15));
  const once = decipher("chacha20", key, block(0), new Uint8Array(32));
  const expected = poly1305(once, bytes);
  if (tag.length !== expected.length || !timingSafeEqual(tag, expected)) throw new WrongPassphrase();
  return decipher("chacha20", key, block(1), bytes);
}

/** RFC 8439, section 2.5. */
function poly1305(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const number = (part: Uint8Array) => BigInt(`0x0${Buffer.from(part).reverse().toString("hex")}`);
  const r = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const prime = (1n << 130n) - 5n;
  let sum = 0n;
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    sum = (sum + number(part) + (1n << BigInt(8 * part.length))) * r % prime;
  }
  const total = (sum + number(key.subarray(16, 32))) & ((1n << 128n) - 1n);
  return Buffer.from(total.toString(16).padStart(32, "0"), "hex").reverse();
}
