// Where configuration comes from: layers, each of which knows where it says what.
import { dirname } from "node:path";
import { formatOrigin, type Origin, PalletError } from "../errors.ts";
import type { Json } from "../json.ts";
import { isPlainObject } from "../spec/plain.ts";
import type { Keys } from "./document.ts";
import type { ConfigFile } from "./file.ts";
import { type SaidKey, saidKeys, valueOfText } from "./keys.ts";
import type { FileValues } from "./schema.ts";

/** Layers by their rank, the lowest first. */
const layerNames = ["built in", "user", "project", "variable", "option"] as const;

/** Whose word a value is. */
export type LayerName = typeof layerNames[number];

/** Where a value was said. */
export interface Said {
  readonly layer: LayerName;
  /** The place in a file. */
  readonly origin?: Origin;
  /** Folder that a path in it is relative to. */
  readonly baseDir: string;
  /** The variable or the option, as it is typed. */
  readonly by?: string;
}

/** One layer of configuration. Plain data, and where it stands. */
export interface Layer {
  readonly name: LayerName;
  readonly values: FileValues;
  said(keys: Keys): Said;
}

/** Where a value was said, in words: `pallet.yaml:3:5`, `PALLET_USER`, `--user`, `built in`. */
export function saidText(
  { layer, origin, by }: Said,
  place: (origin: Origin) => string = formatOrigin,
): string {
  return by ?? (origin === undefined ? layer : place(origin));
}

/** What holds without any configuration. */
export const builtIn: Layer = {
  name: "built in",
  values: {
    infra: "infra.ts",
    services: { lab: { provider: "lab" }, localhost: { provider: "localhost" } },
    defaults: {
      "max-fail": 0,
      "connect-timeout": 30,
      "reconnect-timeout": 120,
      "first-login-timeout": 60,
      "cloud-init-timeout": 600,
      "lease-wait": 0,
    },
  },
  said: () => ({ layer: "built in", baseDir: "." }),
};

/** A file as a layer. */
export function layerOfFile(file: ConfigFile): Layer {
  return {
    name: file.layer,
    values: file.values,
    said: (keys) => ({ layer: file.layer, origin: file.originOf(keys), baseDir: dirname(file.path) }),
  };
}

/** Puts a value under its keys. */
function nested(target: Record<string, unknown>, keys: readonly string[], value: Json): void {
  const [key = "", ...rest] = keys;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = target[key];
  const next: Record<string, unknown> = isPlainObject(inner) ? { ...inner } : {};
  nested(next, rest, value);
  target[key] = next;
}

/** How a layer without a file is made. */
interface Words {
  readonly name: "variable" | "option";
  readonly baseDir: string;
  /** What says a key, as it is typed; nothing where nothing can. */
  readonly by: (key: SaidKey) => string | undefined;
  readonly text: (key: SaidKey) => string | undefined;
}

function layerOfWords({ name, baseDir, by, text }: Words): Layer {
  const values: Record<string, unknown> = {};
  const said = new Map<string, Said>();
  for (const key of saidKeys) {
    const word = by(key);
    const given = word === undefined ? undefined : text(key);
    if (word === undefined || given === undefined) continue;
    const found = valueOfText(key.keys, given);
    if ("problem" in found) {
      throw new PalletError(`Invalid value of ${word} (${key.keys.join(".")}): ${found.problem}`, {
        kind: name === "option" ? "usage" : "config",
      });
    }
    nested(values, key.keys, found.value);
    said.set(key.keys.join("."), { layer: name, baseDir, by: word });
  }
  // Each value was checked by the schema of its key.
  return {
    name,
    values: values as FileValues,
    said: (keys) => said.get(keys.join(".")) ?? { layer: name, baseDir },
  };
}

/**
 * The `PALLET_*` variables of an environment; empty ones count as not set.
 *
 * @throws {PalletError} of kind `config` for a value that its key cannot have.
 */
export function layerOfVariables(env: (name: string) => string | undefined, cwd: string): Layer {
  return layerOfWords({
    name: "variable",
    baseDir: cwd,
    by: ({ variable }) => variable,
    text: ({ variable }) => env(variable) || undefined,
  });
}

/**
 * Options of the command line, by their names without dashes.
 *
 * @throws {PalletError} of kind `usage` for a value that its key cannot have.
 */
export function layerOfOptions(options: Readonly<Record<string, string | undefined>>, cwd: string): Layer {
  return layerOfWords({
    name: "option",
    baseDir: cwd,
    by: ({ flag }) => flag === undefined ? undefined : `--${flag}`,
    text: ({ flag }) => flag === undefined ? undefined : options[flag],
  });
}
