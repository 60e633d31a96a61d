import { basename } from "node:path";
import { messageOf, type Origin, PalletError, type ValueProblem } from "../errors.ts";
import { problemsOf, type Schema, type SchemaProblem, v } from "../schema.ts";
import { environmentProblems } from "../spec/environment.ts";
import { isPlainObject } from "../spec/plain.ts";
import { type Keys, parseYaml, type YamlFile } from "./document.ts";
import { type FileValues, modelsSchema, projectSchema, serviceSchema, userSchema } from "./schema.ts";

/** Whose a configuration file is. */
export type FileLayer = "user" | "project";

/** What a configuration file holds: all there is, one service, or models. */
export type FileKind = "configuration" | "service" | "models";

/** A configuration file, read and found good. */
export interface ConfigFile {
  readonly path: string;
  readonly layer: FileLayer;
  readonly values: FileValues;
  /** Where a value stands: its key, or the file's beginning. */
  originOf(keys: Keys): Origin;
  /** @throws {PalletError} of kind `config`, always: what is wrong, with places and the text in question. */
  refuse(problems: readonly ValueProblem[], help?: string): never;
}

/** What is wrong with the environments of a file that fits its schema. */
function problemsOfEnvironments(
  { environment, environments, services }: FileValues,
): readonly SchemaProblem[] {
  const places: readonly (readonly [readonly string[], unknown])[] = [
    [["environment"], environment],
    ...Object.entries(environments ?? {}).map(([name, value]) => [["environments", name], value] as const),
    ...Object.entries(services ?? {}).map(([name, service]) =>
      [["services", name, "environment"], service.environment] as const
    ),
  ];
  return places.filter(([, value]) => value !== undefined).flatMap(([place, value]) =>
    environmentProblems(value).map((problem) => ({
      ...problem,
      path: [...place, ...problem.path === "" ? [] : [problem.path]].join("."),
      keys: [...place, ...problem.keys],
    }))
  );
}

function inWords({ path, message, ...problem }: SchemaProblem): ValueProblem {
  return { ...problem, message: path === "" ? message : `${path}: ${message}` };
}

/** A known key with nothing behind it, as one has it whose lines are all commented out, says nothing. */
function withoutEmptyKeys(value: unknown, { entries }: { readonly entries: object }): unknown {
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key, item]) => item !== null || !Object.hasOwn(entries, key)),
  );
}

type FileSchema = Schema<unknown> & { readonly entries: object };

const schemas: Readonly<Record<FileKind, Readonly<Record<FileLayer, FileSchema>>>> = {
  configuration: { user: userSchema, project: projectSchema },
  service: { user: serviceSchema, project: serviceSchema },
  models: { user: modelsSchema, project: modelsSchema },
};

/** Name of a service or of models by the name of their file. */
function stemOf(path: string): string {
  return basename(path).replace(/\.ya?ml$/, "");
}

/**
 * Parses a configuration file.
 *
 * @throws {PalletError} of kind `config` with the place of each problem: YAML that is none, an unknown key, a value of
 * the wrong type.
 */
export async function parseConfig(
  text: string,
  path: string,
  layer: FileLayer,
  kind: FileKind = "configuration",
): Promise<ConfigFile> {
  const file: YamlFile = await parseYaml(text, path);
  const schema = schemas[kind][layer];
  const value = withoutEmptyKeys(file.value, schema);
  if (!isPlainObject(value)) file.refuse([{ keys: [], message: "it must be a map of keys and values" }]);
  const problems = problemsOf(schema, value);
  if (problems.length > 0) file.refuse(problems.map(inWords));
  const parsed = v.parse(schema, value);
  // A file of one service has the service's keys at its top.
  const prefix = kind === "service" ? ["services", stemOf(path)] : [];
  const inner = (keys: Keys) => prefix.every((key, at) => keys[at] === key) ? keys.slice(prefix.length) : [];
  const values = (kind === "service" ? { services: { [stemOf(path)]: parsed } } : parsed) as FileValues;
  const wrong = problemsOfEnvironments(values);
  if (wrong.length > 0) {
    file.refuse(wrong.map((problem) => {
      const keys = inner(problem.keys);
      const own = prefix.length === 0 ? problem.path : problem.path.slice(prefix.join(".").length + 1);
      return inWords({ ...problem, keys, path: own });
    }));
  }
  return {
    path,
    layer,
    values,
    originOf: (keys) => file.originOf(inner(keys)),
    refuse: (found, help) =>
      file.refuse(found.map((problem) => ({ ...problem, keys: inner(problem.keys) })), help),
  };
}

/**
 * Reads a configuration file; nothing when there is none.
 *
 * @throws {PalletError} of kind `config` as {@linkcode parseConfig} does, or when the file cannot be read.
 */
export async function readConfigFile(
  path: string,
  layer: FileLayer,
  kind: FileKind = "configuration",
): Promise<ConfigFile | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new PalletError(`Cannot read configuration file "${path}": ${messageOf(error)}`, {
      kind: "config",
      cause: error,
    });
  }
  return await parseConfig(text, path, layer, kind);
}

/** Names of the YAML files of a folder, in the order of their names; none when there is no such folder. */
async function yamlFiles(folder: string): Promise<readonly string[]> {
  try {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (/\.ya?ml$/.test(name) && !name.startsWith(".")) names.push(name);
    }
    return names.sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw new PalletError(`Cannot read folder "${folder}" of configuration files: ${messageOf(error)}`, {
      kind: "config",
      cause: error,
    });
  }
}

/**
 * Reads all files of a folder, `services` or `models`.
 *
 * @throws {PalletError} as {@linkcode readConfigFile}, and for two files of one service.
 */
export async function readConfigFolder(
  folder: string,
  layer: FileLayer,
  kind: "service" | "models",
): Promise<readonly ConfigFile[]> {
  const names = await yamlFiles(folder);
  const twin = names.find((name, at) => names.findIndex((other) => stemOf(other) === stemOf(name)) < at);
  if (twin !== undefined) {
    throw new PalletError(`Two files of ${folder} are called "${stemOf(twin)}": .yaml and .yml`, {
      kind: "config",
      help: "Remove one of them.",
    });
  }
  const odd = kind === "service"
    ? names.find((name) => !/^[A-Za-z0-9][\w.-]*$/.test(stemOf(name)))
    : undefined;
  if (odd !== undefined) {
    throw new PalletError(
      `"${stemOf(odd)}", as the file ${folder}/${odd} calls it, cannot be the name of a service`,
      {
        kind: "config",
        help: "Give the file a name of letters, digits, dots, dashes and underscores.",
      },
    );
  }
  const files = await Promise.all(names.map((name) => readConfigFile(`${folder}/${name}`, layer, kind)));
  return files.filter((file) => file !== undefined);
}
