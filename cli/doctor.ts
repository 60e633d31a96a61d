import { join } from "node:path";
import type { Configuration } from "../engine/config/config.ts";
import { chooseService } from "../engine/config/service.ts";
import { defaultDirectories } from "../engine/state/directories.ts";
import { failureOf } from "../engine/failure.ts";
import { providers } from "../providers/mod.ts";
import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { findInfra } from "./infra_file.ts";
import { loadProject, type ProjectValues, serviceOptions, sourceOf } from "./project.ts";
import type { Terminal } from "./terminal.ts";
import { count, escapeLine } from "./text.ts";

/** What was looked at, and how it is. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly text: string;
  /** What to do about it. */
  readonly help?: string;
}

/** Looks at one thing: what it answers is well, what it throws is not. */
async function look(what: string, work: () => string | Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, text: await work() };
  } catch (thrown) {
    const { message, help } = failureOf(thrown);
    return { what, ok: false, text: message, ...(help === undefined ? {} : { help }) };
  }
}

/** Whether a folder can be written: by writing there. */
async function writable(folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `.doctor-${crypto.randomUUID()}`);
  await Deno.writeTextFile(path, "written");
  await Deno.remove(path);
  return folder;
}

/** What an ssh agent holds is its own to tell; that it answers is asked here. */
async function agent(terminal: Terminal): Promise<string> {
  const socket = terminal.env("SSH_AUTH_SOCK");
  if (socket === undefined || socket === "") return "none; keys come from files";
  const connection = await Deno.connect({ transport: "unix", path: socket });
  connection.close();
  return `answers at ${socket}`;
}

async function project(
  options: ProjectValues,
  configuration: Configuration,
  terminal: Terminal,
): Promise<string> {
  const infra = await findInfra(options, configuration, terminal);
  const { listGroups } = await import("../engine/run.ts");
  const groups = await listGroups({ source: sourceOf(infra, options, configuration, terminal) });
  return `${infra}: ${count(groups.length, "group")}`;
}

/** Services of a provider. */
function ofProvider({ services }: Configuration, provider: string): readonly string[] {
  return Object.values(services).flatMap(({ config }) => config.provider === provider ? [config.name] : []);
}

/** The configuration with a plain service of each provider that is asked for and has none. */
function withProviders(configuration: Configuration, names: readonly string[]): Configuration {
  const plain = providers.filter(({ name }) =>
    names.includes(name) && !Object.hasOwn(configuration.services, name) &&
    ofProvider(configuration, name).length === 0
  ).map(({ name }) => [name, { config: { name, provider: name, options: {} }, environment: {} }] as const);
  return { ...configuration, services: { ...configuration.services, ...Object.fromEntries(plain) } };
}

/**
 * Services that are asked for: those named, by themselves or by their provider, else those that are configured, else
 * the one that would be taken.
 */
function servicesOf(configuration: Configuration, names: readonly string[]): readonly string[] {
  if (names.length > 0) {
    return names.flatMap((name) => {
      const found = Object.hasOwn(configuration.services, name) ? [] : ofProvider(configuration, name);
      return found.length > 0 ? found : [chooseService(configuration, name).config.name];
    });
  }
  const own = Object.values(configuration.services).filter(({ origin }) => origin !== undefined);
  return own.length > 0
    ? own.map(({ config }) => config.name)
    : [chooseService(configuration, undefined).config.name];
}

/** What a service lacks here, one finding each; one that says that it can work when it lacks nothing. */
async function service(
  name: string,
  options: ProjectValues,
  configuration: Configuration,
  terminal: Terminal,
): Promise<readonly Finding[]> {
  const what = `service ${name}`;
  const { diagnoseService, listNodes } = await import("../engine/run.ts");
  const asked = serviceOptions({ ...options, service: name }, configuration, terminal);
  let diagnosis: Awaited<ReturnType<typeof diagnoseService>> = { found: [], problems: [] };
  const checked = await look(what, async () => {
    diagnosis = await diagnoseService(asked);
    return diagnosis.problems.length > 0 ? "" : count((await listNodes(asked)).length, "node");
  });
  if (!checked.ok) return [checked];
  const { found, problems } = diagnosis;
  return [
    ...(problems.length > 0 ? [] : [checked]),
    ...found.map((text) => ({ what, ok: true, text })),
    ...problems.map(({ message, help }) => ({
      what,
      ok: false,
      text: message,
      ...(help === undefined ? {} : { help }),
    })),
  ];
}

async function examine(
  options: ProjectValues,
  names: readonly string[],
  terminal: Terminal,
): Promise<readonly Finding[]> {
  const folders = defaultDirectories({ get: terminal.env });
  const first = await Promise.all([
    look("state folder", () => writable(folders.state)),
    look("cache folder", () => writable(folders.cache)),
    look("ssh agent", () => agent(terminal)),
  ]);
  let configuration: Configuration | undefined;
  const read = await look("configuration", async () => {
    configuration = await loadProject(options, terminal);
    return configuration.files.length === 0 ? "no files" : configuration.files.join(", ");
  });
  if (configuration === undefined) return [...first, read];
  const known = withProviders(configuration, names);
  const infra = await look("infra file", () => project(options, known, terminal));
  let chosen: readonly string[] = [];
  const choice = await look("services", () => {
    chosen = servicesOf(known, names);
    return chosen.join(", ");
  });
  const services = await Promise.all(chosen.map((name) => service(name, options, known, terminal)));
  return [...first, read, infra, ...(choice.ok ? [] : [choice]), ...services.flat()];
}

export const command: Command = defineCommand({
  name: "doctor",
  usage: "[SERVICE|PROVIDER...]",
  description: [
    "Looks whether all is there that this project needs: folders, configuration, the infra file with its crates, and",
    "what each service needs of this machine, and of the account that gives its nodes. Changes nothing, and connects",
    "to no node.",
  ].join("\n"),
  arguments: [0, Infinity],
  examples: ["pallet doctor", "pallet doctor lab --json", "pallet doctor virtualbox"],
  heeds: [...projectNames, ...serviceNames, "json"],
  async run({ options, args, terminal }) {
    const findings = await examine(options, args, terminal);
    const bad = findings.filter(({ ok }) => !ok);
    if (options.json) {
      terminal.out.write(`${JSON.stringify(findings, null, 2)}\n`);
      return bad.length === 0 ? 0 : 1;
    }
    const { paint } = terminal.out;
    const lines = findings.flatMap(({ what, ok, text, help }) => [
      `${ok ? paint.green("ok  ") : paint.red("not ")} ${paint.bold(what)}: ${escapeLine(text)}`,
      ...(help === undefined ? [] : [`     ${paint.dim(escapeLine(help))}`]),
    ]);
    terminal.out.write(`${lines.join("\n")}\n`);
    return bad.length === 0 ? 0 : 1;
  },
});
