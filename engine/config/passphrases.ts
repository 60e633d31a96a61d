// Passphrases of private keys and passwords of users, from where the configuration says.
import { type Credential, readCredential, type ReadSecret } from "../secrets/credential.ts";
import type { Secret } from "../secrets/secret.ts";
import { type Configuration, type ConfiguredService, pathOf } from "./config.ts";
import type { Layer, Said } from "./layers.ts";
import type { AdminUserValues } from "./schema.ts";

type Env = (name: string) => string | undefined;

/** One key's passphrase, which is read when it is needed. */
interface Source {
  readonly key: string;
  read(secret: ReadSecret): Promise<Secret>;
}

/** Reads a secret from where a value of the configuration says; `what` it is, for messages. */
async function read(
  what: string,
  place: Credential,
  said: Said,
  env: Env,
  secret: ReadSecret,
): Promise<Secret> {
  const { file } = place;
  const whole = file === undefined ? place : { file: pathOf(file, said, env) };
  return await readCredential(what, whole, { env, secret }, said.origin);
}

function sourceOf(
  user: AdminUserValues | undefined,
  layer: Layer,
  keys: readonly string[],
  env: Env,
): readonly Source[] {
  const { "private-key": privateKey, passphrase } = user ?? {};
  if (privateKey === undefined || passphrase === undefined) return [];
  const said = layer.said([...keys, "passphrase"]);
  return [{
    key: pathOf(privateKey, layer.said([...keys, "private-key"]), env),
    read: (secret) => read(`the passphrase of ${privateKey}`, passphrase, said, env, secret),
  }];
}

/** Admin users of a configuration that may say where a secret is: the service's own first, then the highest layer. */
function adminUsers(
  { layers }: Configuration,
  service: ConfiguredService | undefined,
): readonly {
  readonly user: AdminUserValues | undefined;
  readonly layer: Layer;
  readonly keys: readonly string[];
}[] {
  const name = service?.config.name ?? "";
  const own = layers.findLast(({ values }) => Object.hasOwn(values.services ?? {}, name));
  return [
    ...(own === undefined
      ? []
      : [{ user: service?.adminUser, layer: own, keys: ["services", name, "admin-user"] }]),
    ...layers.toReversed().map((layer) => ({
      user: layer.values["admin-user"],
      layer,
      keys: ["admin-user"],
    })),
  ];
}

/**
 * Passphrases of the keys that a configuration names, by the path of the key; nothing for other keys. The service's
 * own come first.
 */
export function passphrasesOf(
  configuration: Configuration,
  service: ConfiguredService | undefined,
  env: Env = (name) => Deno.env.get(name),
): (path: string, secret: ReadSecret) => Promise<Secret | undefined> {
  const sources = adminUsers(configuration, service).flatMap(({ user, layer, keys }) =>
    sourceOf(user, layer, keys, env)
  );
  return async (path, secret) => await sources.find(({ key }) => key === path)?.read(secret);
}

/**
 * The password with which a user becomes root, from where the configuration says; nothing for another user than the
 * admin user whose password it is.
 */
export function becomePasswordOf(
  configuration: Configuration,
  service: ConfiguredService | undefined,
  env: Env = (name) => Deno.env.get(name),
): (user: string, secret: ReadSecret) => Promise<Secret | undefined> {
  const users = adminUsers(configuration, service);
  return async (name, secret) => {
    for (const { user, layer, keys } of users) {
      const { username = name, "become-password": password } = user ?? {};
      if (password === undefined || username !== name) continue;
      const said = layer.said([...keys, "become-password"]);
      return await read(`the password with which "${name}" becomes root`, password, said, env, secret);
    }
    return undefined;
  };
}
