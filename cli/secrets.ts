// Where the secrets of a project come from, by its configuration.
import { dirname, join, resolve } from "node:path";
import { type Configuration, pathOf, userConfigFolder } from "../engine/config/config.ts";
import type { Keys } from "../engine/config/document.ts";
import type { Said } from "../engine/config/layers.ts";
import { entryOf } from "../engine/config/merge.ts";
import type { SecretSourceValues } from "../engine/config/secrets.ts";
import { type Origin, PalletError } from "../engine/errors.ts";
import { homeFolder } from "../engine/paths.ts";
import type { Ask } from "../engine/run.ts";
import { isRecipient } from "../engine/secrets/age/recipient.ts";
import type { AgeOptions } from "../engine/secrets/age/store.ts";
import { commandSource } from "../engine/secrets/command.ts";
import { environmentSource } from "../engine/secrets/environment.ts";
import { fileSource, filesSource } from "../engine/secrets/files.ts";
import { forNames } from "../engine/secrets/patterns.ts";
import { promptSource } from "../engine/secrets/prompt.ts";
import { Secret } from "../engine/secrets/secret.ts";
import { lazySource } from "../engine/secrets/secrets.ts";
import { sopsSource } from "../engine/secrets/sops.ts";
import type { SecretSource } from "../engine/secrets/source.ts";
import { didYouMean } from "../engine/suggest.ts";
import type { Plugins } from "../plugins/mod.ts";
import { nearTo } from "./near.ts";
import { configuredPlugins, type ProjectValues } from "./project.ts";
import type { Terminal } from "./terminal.ts";

/** What sources are made with. */
export interface SecretContext {
  readonly configuration: Configuration;
  /** Folder of the project. */
  readonly folder: string;
  readonly terminal: Pick<Terminal, "env">;
  readonly plugins: Pick<Plugins, "secretSources">;
  /** Asks for passphrases, and for secrets themselves; absent where nobody can answer. */
  readonly ask?: Ask;
}

type Of<K extends SecretSourceValues["from"]> = Extract<SecretSourceValues, { readonly from: K }>;

/** Sources, and who says so; the file of a project that says nothing need not be there. */
interface Sources {
  readonly values: readonly SecretSourceValues[];
  readonly said?: Said;
  /** Where a part of a source stands, by its index and the keys in it. */
  readonly originOf?: (keys: Keys) => Origin | undefined;
}

/** Those that are asked when nothing is configured, with all plugins of the kind behind them. */
const USUAL: readonly SecretSourceValues[] = [{ from: "environment" }, { from: "age" }];

function sourcesOf({ configuration, plugins }: SecretContext): Sources {
  const entry = entryOf(configuration.entries, "secrets");
  if (entry === undefined) {
    const own = plugins.secretSources.map(({ name }) => ({ from: "plugin", plugin: name } as const));
    return { values: [...USUAL, ...own] };
  }
  const layer = configuration.layers.findLast(({ values }) => values.secrets !== undefined);
  return {
    // Files hold what the schema allows.
    values: entry.value as unknown as readonly SecretSourceValues[],
    said: entry.said,
    originOf: (keys) => layer?.said(["secrets", ...keys]).origin,
  };
}

async function askSecret(ask: Ask | undefined, text: string): Promise<Secret | undefined> {
  const answer = await ask?.({ kind: "passphrase", text });
  return answer === undefined ? undefined : new Secret(answer);
}

/** A path as it is meant where it is said. */
function resolved(path: string, said: Said | undefined, { folder, terminal }: SecretContext): string {
  return said === undefined ? join(folder, path) : pathOf(path, said, terminal.env);
}

function ageOptions(
  values: Of<"age">,
  { values: all, said, originOf }: Sources,
  context: SecretContext,
): AgeOptions {
  const { env } = context.terminal;
  const keys = ["id_ed25519", "id_rsa"].map((name) => join(homeFolder(env), ".ssh", name));
  const identityText = env("PALLET_AGE_IDENTITY");
  return {
    path: resolved(values.file ?? "secrets.age", said, context),
    recipients: (values.recipients ?? []).map((one) => isRecipient(one) ? one : resolved(one, said, context)),
    identities: (values.identities ?? []).map((one) => resolved(one, said, context)),
    ...(values.identities === undefined ? { usual: [join(userConfigFolder(env), "age.key"), ...keys] } : {}),
    ...(identityText === undefined ? {} : { identityText }),
    ...(originOf === undefined ? {} : { originOf: (keys) => originOf([all.indexOf(values), ...keys]) }),
    ...(context.ask === undefined
      ? {}
      : { ask: (path) => askSecret(context.ask, `Passphrase of ${path}: `) }),
  };
}

/** The encrypted file that `pallet secret` works on: the first that is configured, or `secrets.age` of the project. */
export function ageFile(context: SecretContext): AgeOptions {
  const sources = sourcesOf(context);
  const found = sources.values.find((one): one is Of<"age"> => one.from === "age") ?? { from: "age" };
  return ageOptions(found, sources, context);
}

function refuse(message: string, said: Said | undefined, help: string): never {
  const origin = said?.origin;
  throw new PalletError(message, { kind: "config", help, ...(origin === undefined ? {} : { origin }) });
}

function pluginSource(name: string, said: Said | undefined, { plugins }: SecretContext): SecretSource {
  const names = plugins.secretSources.map((one) => one.name);
  const plugin = plugins.secretSources.find((one) => one.name === name);
  if (plugin !== undefined) return lazySource(`plugin ${name}`, () => plugin.open());
  return refuse(
    `There is no plugin "${name}" of kind secret-source.${didYouMean(name, names)}`,
    said,
    names.length === 0 ? "Configure one under plugins." : `Configured: ${names.join(", ")}.`,
  );
}

function sourceOf(values: SecretSourceValues, sources: Sources, context: SecretContext): SecretSource {
  const { env } = context.terminal;
  const { said } = sources;
  switch (values.from) {
    case "environment":
      return environmentSource(env, values.prefix);
    case "files":
      return filesSource(resolved(values.folder, said, context));
    case "file":
      return fileSource(resolved(values.file, said, context));
    case "age": {
      const options = ageOptions(values, sources, context);
      // It brings the library that decrypts.
      const open = async () =>
        (await import("../engine/secrets/age/store.ts")).ageSource(options, said !== undefined);
      const advice = (name: string) => `\`pallet secret set ${name}\``;
      return { ...lazySource(options.path, open), advice };
    }
    case "sops":
      return sopsSource(resolved(values.file, said, context));
    case "command": {
      const { command, missing, "first-line": firstLine } = values;
      if (!command.slice(1).some((word) => word.includes("NAME"))) {
        refuse(
          "No word of a command for secrets has NAME, where the secret's name goes",
          said,
          "Write it as [pass, show, NAME] or [op, read, op://vault/NAME].",
        );
      }
      return commandSource({
        command,
        cwd: said?.baseDir ?? context.folder,
        ...(missing === undefined ? {} : { missing }),
        ...(firstLine === undefined ? {} : { firstLine }),
      });
    }
    case "prompt":
      return promptSource(context.ask && ((name) => askSecret(context.ask, `Secret ${name}: `)));
    case "plugin":
      return pluginSource(values.plugin, said, context);
  }
}

/** What sources are made with, where no infra file need be there. */
export function secretContext(
  options: ProjectValues,
  configuration: Configuration,
  terminal: Terminal,
  asking: Pick<SecretContext, "ask">,
): SecretContext {
  const infra = options.infra === undefined
    ? configuration.infra ?? join(terminal.cwd, "infra.ts")
    : resolve(terminal.cwd, options.infra);
  const plugins = configuredPlugins(options, configuration, terminal);
  return { configuration, folder: dirname(infra), terminal, plugins, ...asking };
}

/** Sources of a project's secrets, in the order in which they are asked. */
export function secretSources(context: SecretContext): readonly SecretSource[] {
  const sources = sourcesOf(context);
  const near = nearTo(context.folder);
  return sources.values.map((one) => {
    const made = sourceOf(one, sources, context);
    const source = { ...made, name: near(made.name) };
    return one.names === undefined ? source : forNames(source, one.names);
  });
}
