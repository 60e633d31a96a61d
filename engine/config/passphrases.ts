// Passphrases of private keys and passwords of users, from where the configuration says.
import { messageOf, PalletError } from "../errors.ts";
import { Secret } from "../secrets/secret.ts";
import { type Configuration, type ConfiguredService, pathOf } from "./config.ts";
import type { Layer, Said } from "./layers.ts";
import type { AdminUserValues } from "./schema.ts";

type Env = (name: string) => string | undefined;

/** One key's passphrase, which is read when it is needed. */
interface Source {
  readonly key: string;
  read(): Promise<Secret>;
}

/** Reads a secret from where a value of the configuration says; `what` it is, for messages. */
async function read(
  what: string,
  { variable, file }: NonNullable<AdminUserValues["passphrase"]>,
  said: Said,
  env: Env,
): Promise<Secret> {
  const { origin } = said;
  const fail = (why: string, cause?: unknown): PalletError =>
    new PalletError(`Cannot read ${what}: ${why}`, {
      kind: "config",
      ...(origin === undefined ? {} : { origin }),
      ...(cause === undefined ? {} : { cause }),
    });
  if (variable !== undefined) {
    const text = env(variable);
    if (text === undefined) throw fail(`the variable ${variable} is not set`);
    return new Secret(text);
  }
  if (file === undefined) throw fail("neither a variable nor a file is named");
  try {
    // An editor ends the file with a line break, which is no part of the secret.
    return new Secret((await Deno.readTextFile(pathOf(file, said, env))).replace(/\r?\n$/, ""));
  } catch (error) {
    if (error instanceof PalletError) throw error;
    throw fail(messageOf(error), error);
  }
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
    read: () => read(`the passphrase of ${privateKey}`, passphrase, said, env),
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
): (path: string) => Promise<Secret | undefined> {
  const sources = adminUsers(configuration, service).flatMap(({ user, layer, keys }) =>
    sourceOf(user, layer, keys, env)
  );
  return async (path) => await sources.find(({ key }) => key === path)?.read();
}

/**
 * The password with which a user becomes root, from where the configuration says; nothing for another user than the
 * admin user whose password it is.
 */
export function becomePasswordOf(
  configuration: Configuration,
  service: ConfiguredService | undefined,
  env: Env = (name) => Deno.env.get(name),
): (user: string) => Promise<Secret | undefined> {
  const users = adminUsers(configuration, service);
  return async (name) => {
    for (const { user, layer, keys } of users) {
      const { username = name, "become-password": password } = user ?? {};
      if (password === undefined || username !== name) continue;
      const said = layer.said([...keys, "become-password"]);
      return await read(`the password with which "${name}" becomes root`, password, said, env);
    }
    return undefined;
  };
}
