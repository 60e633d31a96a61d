// Who can log in to a new instance: a key pair of EC2, made from a public key of ours, or the key with the user data.
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { PalletError } from "../../engine/errors.ts";
import type { ProviderContext } from "../../engine/provider/provider.ts";
import type { Ec2Api } from "./api.ts";
import { codeOf, isNotFound } from "./errors.ts";
import type { Ec2Options } from "./options.ts";
import { plainTags, TAG, tagOf } from "./tags.ts";
import { keyUserData } from "./user_data.ts";

/** How a login is made possible. */
export interface Login {
  readonly keyPair?: string;
  readonly userData?: string;
}

/** Keys that ssh tries by itself, in its order. */
const usual = ["id_ed25519", "id_ecdsa", "id_ed25519_sk", "id_ecdsa_sk", "id_rsa"];

async function lineIn(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new PalletError(`Cannot read the public key ${path}`, { kind: "provider", cause: error });
  }
  return text.split("\n").map((line) => line.trim()).find((line) => /^(?:ssh|ecdsa|sk)-\S+ \S+/.test(line));
}

/**
 * The public key that logs in to new nodes: the service's, the admin user's, else the first of the user's own.
 *
 * @throws {PalletError} when there is none.
 */
export async function publicKeyOf(options: Ec2Options, admin: ProviderContext["adminKey"]): Promise<string> {
  const { publicKey, privateKey } = options;
  if (publicKey !== undefined && /^(?:ssh|ecdsa|sk)-\S+ /.test(publicKey)) return publicKey;
  const told = publicKey ?? (privateKey === undefined ? undefined : `${privateKey}.pub`) ??
    (admin?.publicKey ?? (admin?.privateKey === undefined ? undefined : `${admin.privateKey}.pub`));
  const files = told === undefined ? usual.map((name) => join(homedir(), ".ssh", `${name}.pub`)) : [told];
  for (const file of files) {
    const line = await lineIn(file);
    if (line !== undefined) return line;
  }
  throw new PalletError(
    told === undefined
      ? "No public key is known that could log in to new nodes"
      : `There is no public key in ${told} that could log in to new nodes`,
    {
      kind: "provider",
      help: "Name a file in the service (public-key: ~/.ssh/id_ed25519.pub), or make one by ssh-keygen.",
    },
  );
}

/** Name of the key pair of a public key. */
function pairName(scope: string, line: string): string {
  const [type = "", data = ""] = line.split(" ");
  return `pallet-${scope}-${createHash("sha256").update(`${type} ${data}`).digest("hex").slice(0, 12)}`;
}

async function importPair(
  api: Ec2Api,
  scope: string,
  owner: string,
  line: string,
  signal?: AbortSignal,
): Promise<string> {
  const name = pairName(scope, line);
  const { KeyPairs: pairs = [] } = await api.describeKeyPairs(
    { Filters: [{ Name: "key-name", Values: [name] }] },
    signal,
  );
  if (pairs.length > 0) return name;
  try {
    await api.importKeyPair({
      KeyName: name,
      PublicKeyMaterial: new TextEncoder().encode(line),
      TagSpecifications: [{
        ResourceType: "key-pair",
        Tags: plainTags({ [TAG.service]: scope, [TAG.owner]: owner }),
      }],
    }, signal);
  } catch (thrown) {
    if (codeOf(thrown) !== "InvalidKeyPair.Duplicate") throw thrown;
  }
  return name;
}

/** Makes a login to new nodes possible. Keys of kinds that EC2 does not import go with the user data. */
export async function ensureLogin(
  api: Ec2Api,
  options: Ec2Options,
  owner: string,
  extra: { readonly keyPair?: string | undefined; readonly userData?: string | undefined },
  admin: ProviderContext["adminKey"],
  signal?: AbortSignal,
): Promise<Login> {
  const { userData } = extra;
  const own = userData === undefined ? {} : { userData };
  const named = extra.keyPair ?? (["import", "none"].includes(options.keyPair) ? undefined : options.keyPair);
  if (named !== undefined) return { keyPair: named, ...own };
  const line = await publicKeyOf(options, admin);
  if (options.keyPair === "import" && /^ssh-(?:ed25519|rsa) /.test(line)) {
    return { keyPair: await importPair(api, options.scope, owner, line, signal), ...own };
  }
  if (userData === undefined) return { userData: keyUserData(line) };
  throw new PalletError(
    `Cannot make nodes: EC2 imports no keys of type ${
      line.split(" ")[0]
    }, and the user data that could carry it are told`,
    {
      kind: "provider",
      help: "Use a key of type ed25519 or rsa, or name a key pair (provider.ec2.keyPair).",
    },
  );
}

/** Removes the key pairs that we made for a service. */
export async function removeKeyPairs(api: Ec2Api, scope: string, signal?: AbortSignal): Promise<void> {
  const { KeyPairs: pairs = [] } = await api.describeKeyPairs(
    { Filters: [{ Name: `tag:${TAG.service}`, Values: [scope] }] },
    signal,
  );
  for (const { KeyName: name, Tags } of pairs) {
    if (name === undefined || tagOf(Tags, TAG.service) !== scope) continue;
    try {
      await api.deleteKeyPair({ KeyName: name }, signal);
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
    }
  }
}
