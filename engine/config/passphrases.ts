// Passphrases of private keys, from where the configuration says.
import { messageOf, PalletError } from "../errors.ts";
import { Secret } from "../secrets/secret.ts";
import { type Configuration, type ConfiguredService, pathOf } from "./config.ts";
import type { Layer } from "./layers.ts";
import type { AdminUserValues } from "./schema.ts";

type Env = (name: string) => string | undefined;

/** One key's passphrase, which is read when it is needed. */
interface Source {
  readonly key: string;
  read(): Promise<Secret>;
}

function sourceOf(
  user: AdminUserValues | undefined,
  layer: Layer,
  keys: readonly string[],
  env: Env,
): readonly Source[] {
  const { "private-key": privateKey, passphrase } = user ?? {};
  if (privateKey === undefined || passphrase === undefined) return [];
  const { variable, file } = passphrase;
  const said = layer.said([...keys, "passphrase"]);
  const { origin } = said;
  const fail = (why: string, cause?: unknown): PalletError =>
    new PalletError(`Cannot read the passphrase of ${privateKey}: ${why}`, {
      kind: "config",
      ...(origin === undefined ? {} : { origin }),
      ...(cause === undefined ? {} : { cause }),
    });
  const read = async (): Promise<Secret> => {
    if (variable !== undefined) {
      const text = env(variable);
      if (text === undefined) throw fail(`the variable ${variable} is not set`);
      return new Secret(text);
    }
    if (file === undefined) throw fail("neither a variable nor a file is named");
    try {
      // An editor ends the file with a line break, which is no part of the passphrase.
      return new Secret((await Deno.readTextFile(pathOf(file, said, env))).replace(/\r?\n$/, ""));
    } catch (error) {
      if (error instanceof PalletError) throw error;
      throw fail(messageOf(error), error);
    }
  };
  return [{ key: pathOf(privateKey, layer.said([...keys, "private-key"]), env), read }];
}

/**
 * Passphrases of the keys that a configuration names, by the path of the key; nothing for other keys. The service's
 * own come first.
 */
export function passphrasesOf(
  { layers }: Configuration,
  service: ConfiguredService | undefined,
  env: Env = (name) => Deno.env.get(name),
): (path: string) => Promise<Secret | undefined> {
  const name = service?.config.name ?? "";
  const own = layers.findLast(({ values }) => Object.hasOwn(values.services ?? {}, name));
  const sources = [
    ...(own === undefined ? [] : sourceOf(service?.adminUser, own, ["services", name, "admin-user"], env)),
    ...layers.toReversed().flatMap((layer) =>
      sourceOf(layer.values["admin-user"], layer, ["admin-user"], env)
    ),
  ];
  return async (path) => await sources.find(({ key }) => key === path)?.read();
}
