// The tags by which we know what is ours. Nothing without them is ever listed, changed or removed.
import { hostname, userInfo } from "node:os";
import { PalletError } from "../../engine/errors.ts";

/** Keys of our tags on instances, volumes, interfaces, spot requests, security groups and key pairs. */
export const TAG = {
  /** Scope of the service: what is listed is what carries it. */
  service: "pallet/service",
  group: "pallet/group",
  /** Names of the instances of one call, by their launch index. */
  names: "pallet/names",
  /** Token of the call that made it. */
  launch: "pallet/launch",
  /** Who made it: `user@host`. */
  owner: "pallet/owner",
  /** First user of the image. */
  user: "pallet/user",
  /** Operating system of the image: `debian/12/bookworm/debian`. */
  os: "pallet/os",
} as const;

/** Before each tag that the engine puts on a node: `pallet/state/bootstrapped`. */
const STATE = "pallet/state/";

/** A tag as the SDK has it. */
export interface AwsTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

const longestKey = 128;
const longestValue = 256;

/** A text in the characters that tags may have in all services of AWS; `=` and what is not allowed becomes `=XX`. */
function encode(text: string): string {
  return Array.from(text, (char) => {
    if (/^[\p{L}\p{N}_.:/+\-@ ]$/u.test(char)) return char;
    return Array.from(
      new TextEncoder().encode(char),
      (byte) => `=${byte.toString(16).padStart(2, "0").toUpperCase()}`,
    )
      .join("");
  }).join("");
}

function decode(text: string): string {
  return text.replace(
    /(?:=[0-9A-F]{2})+/g,
    (run) =>
      new TextDecoder().decode(Uint8Array.from(run.slice(1).split("="), (hex) => Number.parseInt(hex, 16))),
  );
}

/** @throws {PalletError} for a key or a value that AWS does not take. */
function checked(key: string, value: string): { readonly Key: string; readonly Value: string } {
  if (Array.from(key).length > longestKey || Array.from(value).length > longestValue) {
    throw new PalletError(
      `Cannot set tag "${
        key.slice(0, 40)
      }": AWS takes keys of ${longestKey} and values of ${longestValue} characters`,
      { kind: "provider" },
    );
  }
  return { Key: key, Value: value };
}

/** Tags of the engine, as AWS gets them. */
export function stateTags(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([key, value]) => checked(`${STATE}${encode(key)}`, encode(value)));
}

/** Key of an engine's tag, as AWS has it. */
export function stateKey(key: string): string {
  return checked(`${STATE}${encode(key)}`, "").Key;
}

/** Tags of the engine among those of an instance. */
export function stateOf(tags: readonly AwsTag[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tags.flatMap(({ Key = "", Value = "" }) =>
      Key.startsWith(STATE) ? [[decode(Key.slice(STATE.length)), decode(Value)]] : []
    ),
  );
}

/** Any tags as AWS gets them. */
export function plainTags(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([key, value]) => checked(key, value));
}

/** Value of a tag. */
export function tagOf(tags: readonly AwsTag[] | undefined, key: string): string | undefined {
  return tags?.find(({ Key }) => Key === key)?.Value;
}

/** Who makes things here. */
export function owner(): string {
  let user = "";
  try {
    user = userInfo().username;
  } catch {
    // A user id without a name.
  }
  return encode(`${user === "" ? "somebody" : user}@${hostname()}`).slice(0, longestValue);
}

/** Names of a call's instances as one value of a tag, in order. */
export function joinNames(names: readonly string[]): string {
  return names.map(encode).join(",").slice(0, longestValue);
}

/** Names of a call's instances. */
export function splitNames(value: string): readonly string[] {
  return value.split(",").map(decode);
}

/** Names in parts that one call can make each: all names of a call are one value of a tag. */
export function partition(names: readonly string[], most: number): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let length = Infinity;
  for (const name of names) {
    const own = encode(name).length + 1;
    if (own - 1 > longestValue) {
      throw new PalletError(`Cannot make node "${name}": its name is too long for a tag`, {
        kind: "provider",
      });
    }
    const part = parts.at(-1);
    if (part === undefined || part.length >= most || length + own - 1 > longestValue) {
      parts.push([name]);
      length = own;
    } else {
      part.push(name);
      length += own;
    }
  }
  return parts;
}
