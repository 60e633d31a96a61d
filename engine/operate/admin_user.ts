// Who logs in to nodes that are set up: call before environment, before service, before configuration.
import { isAbsolute } from "node:path";
import type { Login } from "../events.ts";
import type { Origin } from "../errors.ts";
import { resolvePath } from "../paths.ts";
import { mergeUsers } from "../plan/environment.ts";
import type { EnvironmentLayer } from "../spec/environment.ts";
import { isPlainObject } from "../spec/plain.ts";
import type { BecomeMethod } from "../transport/become.ts";
import type { HostKeyChoice } from "../transport/connection.ts";
import type { AdminUser } from "./options.ts";
import { type PublicKey, publicKeyOf } from "./public_key.ts";

/** The admin user of a group, with the public half of its key and who says so. */
export interface EffectiveUser {
  readonly username?: string;
  readonly identities?: readonly string[];
  readonly key?: PublicKey;
  /** How it becomes root. */
  readonly become?: BecomeMethod;
  /** What is done with host keys that nobody has told of. */
  readonly hostKeys?: HostKeyChoice;
  /** Who says that, for people. */
  readonly hostKeysFrom?: string;
  /** The file of the private key, and the place that says so. */
  readonly keyFile?: string;
  readonly keyOrigin?: Origin;
  readonly origin?: Origin;
  /** What says so where no file does. */
  readonly from?: string;
}

function text(user: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = user[key];
  return typeof value === "string" ? value : undefined;
}

/** The highest layer that says something of a group's user, and the place there. */
function sourceOf(
  layers: readonly EnvironmentLayer[],
  group: string,
  key: string,
): Pick<EffectiveUser, "origin" | "from"> {
  const paths = [`groups.${group}.user`, "user"];
  for (const path of paths) {
    for (const { name, values, origins = {} } of layers.toReversed()) {
      const environment = path === "user" ? values : values.groups?.[group];
      if (!isPlainObject(environment)) continue;
      const { user } = environment;
      if (!isPlainObject(user) || text(user, key) === undefined) continue;
      const origin = origins[`${path}.${key}`] ?? origins[path];
      return origin === undefined ? { from: name } : { origin };
    }
  }
  return {};
}

function placeOf({ origin, from }: Pick<EffectiveUser, "origin" | "from">): { hostKeysFrom?: string } {
  const place = origin === undefined ? from : `${origin.file}:${origin.line}`;
  return place === undefined ? {} : { hostKeysFrom: place };
}

/**
 * The admin user of a group; nothing when nobody says one: then each node's own first user logs in.
 *
 * @param folder that paths of environments are relative to, where they are not absolute yet
 */
export async function adminUserOf(
  group: string,
  environment: Readonly<Record<string, unknown>>,
  layers: readonly EnvironmentLayer[],
  call: AdminUser | undefined,
  folder: string,
): Promise<EffectiveUser | undefined> {
  const { identities, from, ...own } = call ?? {};
  const low = isPlainObject(environment["user"]) ? environment["user"] : {};
  const user = mergeUsers(low, own);
  const path = (key: string) => {
    const value = text(user, key);
    return value === undefined || isAbsolute(value) ? value : resolvePath(value, folder);
  };
  const [username, privateKey, publicKey] = [text(user, "username"), path("privateKey"), path("publicKey")];
  // Environments hold what their schema allows.
  const become = text(user, "become") as BecomeMethod | undefined;
  const hostKeys = text(user, "hostKeys") as HostKeyChoice | undefined;
  if ([username, privateKey, identities, become, hostKeys].every((one) => one === undefined)) {
    return undefined;
  }
  const keys = identities ?? (privateKey === undefined ? undefined : [privateKey]);
  const [keyFile] = keys ?? [];
  const key = await publicKeyOf({
    ...(keyFile === undefined ? {} : { privateKey: keyFile }),
    ...(publicKey === undefined ? {} : { publicKey }),
  });
  const saidByCall = username === undefined ? own.privateKey !== undefined : own.username !== undefined;
  const said = saidByCall
    ? { from: from ?? "this call" }
    : sourceOf(layers, group, username === undefined ? "privateKey" : "username");
  const { origin: keyOrigin } = identities === undefined && own.privateKey === undefined
    ? sourceOf(layers, group, "privateKey")
    : {};
  return {
    ...(username === undefined ? {} : { username }),
    ...(keys === undefined ? {} : { identities: keys }),
    ...(key === undefined ? {} : { key }),
    ...(become === undefined ? {} : { become }),
    ...(hostKeys === undefined ? {} : { hostKeys, ...placeOf(sourceOf(layers, group, "hostKeys")) }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(keyOrigin === undefined ? {} : { keyOrigin }),
    ...said,
  };
}

/** Whether anything is said of who logs in, and not of host keys alone. */
export function saysWho(user: EffectiveUser | undefined): user is EffectiveUser {
  const { username, identities, become } = user ?? {};
  return username !== undefined || identities !== undefined || become !== undefined;
}

/** Who logs in to which groups, for people: groups of one user together, in the order given. */
export function loginsOf(
  groups: readonly string[],
  userOf: (group: string) => EffectiveUser | undefined,
): readonly Login[] {
  const logins = new Map<string, Login & { readonly groups: readonly string[] }>();
  for (const group of groups) {
    const user = userOf(group);
    if (!saysWho(user)) continue;
    const { username, key, keyFile, origin, from } = user;
    const login = {
      ...(username === undefined ? {} : { username }),
      ...(key === undefined ? {} : { fingerprint: key.fingerprint }),
      ...(keyFile === undefined ? {} : { keyFile }),
      ...(origin === undefined ? {} : { origin }),
      ...(from === undefined ? {} : { from }),
    };
    const id = JSON.stringify(login);
    logins.set(id, { ...login, groups: [...logins.get(id)?.groups ?? [], group] });
  }
  return [...logins.values()];
}
