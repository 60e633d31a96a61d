// Environments of a configuration as layers, each with the places of its values.
import { basename } from "node:path";
import type { Origin } from "../errors.ts";
import type { EnvironmentLayer } from "../spec/environment.ts";
import { isPlainObject } from "../spec/plain.ts";
import type { Environment } from "../spec/types.ts";
import { type Configuration, type ConfiguredService, pathOf } from "./config.ts";
import type { Layer } from "./layers.ts";
import type { AdminUserValues } from "./schema.ts";

type Env = (name: string) => string | undefined;

/** A key, and its place as a layer knows it. */
function placesOf(layer: Layer, keys: readonly string[], value: unknown): Readonly<Record<string, Origin>> {
  const found: [string, Origin][] = [];
  const visit = (item: unknown, path: readonly string[]) => {
    const { origin } = layer.said([...keys, ...path]);
    if (origin !== undefined && path.length > 0) found.push([path.join("."), origin]);
    if (isPlainObject(item)) {
      for (const [key, inner] of Object.entries(item)) {
        visit(inner, [...path, key]);
      }
    }
  };
  visit(value, []);
  return Object.fromEntries(found);
}

/** Users in an environment with whole paths of their keys. */
function withWholePaths(values: unknown, layer: Layer, keys: readonly string[], env: Env): unknown {
  if (!isPlainObject(values)) return values;
  const user = values["user"];
  const whole = isPlainObject(user)
    ? Object.fromEntries(
      Object.entries(user).map(([key, value]) => [
        key,
        (key === "privateKey" || key === "publicKey") && typeof value === "string"
          ? pathOf(value, layer.said([...keys, "user", key]), env)
          : value,
      ]),
    )
    : user;
  const groups = values["groups"];
  const inner = isPlainObject(groups)
    ? Object.fromEntries(
      Object.entries(groups).map(([name, group]) => [
        name,
        withWholePaths(group, layer, [...keys, "groups", name], env),
      ]),
    )
    : groups;
  return {
    ...values,
    ...(user === undefined ? {} : { user: whole }),
    ...(groups === undefined ? {} : { groups: inner }),
  };
}

function layerAt(
  name: string,
  layer: Layer,
  keys: readonly string[],
  values: unknown,
  env: Env,
): readonly EnvironmentLayer[] {
  if (values === undefined || !isPlainObject(values) || Object.keys(values).length === 0) return [];
  // Files hold what `environmentProblems` allows.
  const whole = withWholePaths(values, layer, keys, env) as Environment;
  return [{ name, values: whole, origins: placesOf(layer, keys, values) }];
}

/** The admin user of a file as an environment: what stands lowest, below all others. */
function adminLayer(
  name: string,
  layer: Layer,
  keys: readonly string[],
  user: AdminUserValues | undefined,
  env: Env,
): readonly EnvironmentLayer[] {
  if (user === undefined) return [];
  const path = (key: "private-key" | "public-key") => {
    const value = user[key];
    return value === undefined ? undefined : pathOf(value, layer.said([...keys, key]), env);
  };
  const [privateKey, publicKey] = [path("private-key"), path("public-key")];
  const origin = (key: string) => layer.said([...keys, key]).origin;
  const places = [
    ["username", "username"],
    ["privateKey", "private-key"],
    [
      "publicKey",
      "public-key",
    ],
    ["become", "become"],
    ["hostKeys", "host-keys"],
  ] as const;
  return [{
    name,
    values: {
      user: {
        ...(user.username === undefined ? {} : { username: user.username }),
        ...(privateKey === undefined ? {} : { privateKey }),
        ...(publicKey === undefined ? {} : { publicKey }),
        ...(user.become === undefined ? {} : { become: user.become }),
        ...(user["host-keys"] === undefined ? {} : { hostKeys: user["host-keys"] }),
      },
    },
    origins: Object.fromEntries(places.flatMap(([key, said]) => {
      const at = (user as Readonly<Record<string, unknown>>)[said] === undefined ? undefined : origin(said);
      return at === undefined ? [] : [[`user.${key}`, at]];
    })),
  }];
}

function fileName(layer: Layer, keys: readonly string[]): string {
  const file = layer.said(keys).origin?.file;
  return file === undefined ? layer.name : basename(file);
}

/** The layer that a service was taken from. */
function layerOfService(configuration: Configuration, name: string): Layer | undefined {
  return configuration.layers.findLast(({ values }) => Object.hasOwn(values.services ?? {}, name));
}

/** What a service says of host keys, as an environment: above its admin user. */
function hostKeysLayer(
  layer: Layer | undefined,
  at: readonly string[],
  service: ConfiguredService | undefined,
): readonly EnvironmentLayer[] {
  const { hostKeys } = service ?? {};
  if (layer === undefined || hostKeys === undefined) return [];
  const { origin } = layer.said([...at, "host-keys"]);
  const origins = origin === undefined ? {} : { origins: { "user.hostKeys": origin } };
  return [{ name: at.join(" "), values: { user: { hostKeys } }, ...origins }];
}

/**
 * Layers of environment that hold whatever environment is selected, the lowest first: admin users of configuration and
 * service, then environments of the user's files, of the service and of the project's files.
 */
export function environmentLayers(
  configuration: Configuration,
  service: ConfiguredService | undefined,
  env: Env = (name) => Deno.env.get(name),
): readonly EnvironmentLayer[] {
  const files = configuration.layers.filter(({ name }) => name === "user" || name === "project");
  const name = service?.config.name ?? "";
  const own = service === undefined ? undefined : layerOfService(configuration, name);
  const at = ["services", name];
  const ofService = own === undefined ? [] : layerAt(
    `service ${name}`,
    own,
    [...at, "environment"],
    service?.environment,
    env,
  );
  const ofFiles = (whose: Layer["name"]) =>
    files.filter((layer) => layer.name === whose).flatMap((layer) =>
      layerAt(fileName(layer, ["environment"]), layer, ["environment"], layer.values.environment, env)
    );
  return [
    ...files.flatMap((layer) =>
      adminLayer("admin-user", layer, ["admin-user"], layer.values["admin-user"], env)
    ),
    ...(own === undefined
      ? []
      : adminLayer(`service ${name}`, own, [...at, "admin-user"], service?.adminUser, env)),
    ...hostKeysLayer(own, at, service),
    ...ofFiles("user"),
    ...ofService,
    ...ofFiles("project"),
  ];
}

/**
 * Environments to select from, by name: the selected one with its layers, the lowest first. The others have none, so
 * variables in their paths need not be set.
 */
export function namedEnvironments(
  configuration: Configuration,
  env: Env = (name) => Deno.env.get(name),
): Readonly<Record<string, readonly EnvironmentLayer[]>> {
  const named: Record<string, readonly EnvironmentLayer[]> = {};
  for (const layer of configuration.layers) {
    for (const [name, values] of Object.entries(layer.values.environments ?? {})) {
      const keys = ["environments", name];
      const selected = name === configuration.selected?.name;
      const own = selected ? layerAt(`environment ${name}`, layer, keys, values, env) : [];
      named[name] = [...named[name] ?? [], ...own];
    }
  }
  return named;
}
