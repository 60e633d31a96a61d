// The pages of the reference.
import { definitions } from "../../engine/mod.ts";
import { projectSchema, userSchema } from "../../engine/config/schema.ts";
import { optionsSchema as nodeListSchema } from "../../providers/node-list/schema.ts";
import { commands, sections } from "../../cli/commands.ts";
import { commandHelp, overview } from "../../cli/help.ts";
import { paintFor } from "../../cli/terminal.ts";
import type { Exported, Library } from "./library.ts";
import {
  functionSection,
  interfaceTable,
  keysTable,
  signature,
  summary,
  table,
  typeSection,
} from "./markdown.ts";
import { configurationMeanings, eventMeanings, nodeListMeanings } from "./meanings.ts";
import { schemaKeys } from "./schemas.ts";
import { type Property, type TsType, typeText } from "./types.ts";

const MOD = "engine/mod.ts";
const RUN = "engine/run.ts";
const CRATES = ["automated-admin-user", "git", "mysql", "nginx"];

/** Modules that the pages are made of. */
export const modules: readonly string[] = [
  MOD,
  RUN,
  "engine/events.ts",
  "engine/actions/define.ts",
  "engine/actions/exec.ts",
  "engine/actions/waiting.ts",
  "engine/operate/options.ts",
  "engine/operate/results.ts",
  "engine/operate/operation.ts",
  "engine/spec/types.ts",
  "engine/spec/node.ts",
  "engine/plan/context.ts",
  ...CRATES.map((name) => `crates/${name}/mod.ts`),
];

function page(title: string, ...parts: readonly string[]): string {
  return [`# ${title}`, ...parts.filter((part) => part !== "")].join("\n\n") + "\n";
}

function isFunction({ declarations }: Exported): boolean {
  return declarations.some(({ kind }) => kind === "function");
}

/** The keys that an action's options have. */
function optionsOf(library: Library, exported: Exported): string {
  const name = `${exported.name[0]?.toUpperCase()}${exported.name.slice(1)}Options`;
  const declaration = library.interfaceNamed(name, MOD);
  return declaration === undefined ? "" : interfaceTable(library, MOD, declaration, "option");
}

function actionsPage(library: Library): string {
  const kinds = [...definitions.keys()].toSorted();
  return page(
    "Actions",
    "An action is plain data, made by a function and returned by a phase. On the node it looks first, and does only what is missing. Texts take deferred values (`captured()`, attributes of nodes that do not exist yet) unless their type says otherwise. [Writing your own](../guides/actions.md).",
    table(
      ["action", "does"],
      kinds.map((kind) => [`[\`${kind}\`](#${kind.toLowerCase()})`, summary(library.find(MOD, kind))]),
    ),
    ...kinds.flatMap((kind) => {
      const exported = library.find(MOD, kind);
      return [`## ${kind}`, functionSection(exported), optionsOf(library, exported)];
    }),
    "## defineAction",
    functionSection(library.find(MOD, "defineAction")),
    typeSection(library, MOD, library.find(MOD, "CrateAction")),
    "Types of fields:",
    typeSection(library, MOD, library.find(MOD, "FieldType")),
    typeSection(library, MOD, library.find(MOD, "Field")),
  );
}

const SPEC_FUNCTIONS = ["nodeSpec", "serverSpec", "groupSpec", "clusterSpec"];
const SPEC_TYPES = [
  "NodeSpec",
  "ImageSpec",
  "HardwareSpec",
  "LocationSpec",
  "NetworkSpec",
  "PortSpec",
  "QosSpec",
  "ServerSpec",
  "GroupSpec",
  "ClusterSpec",
  "PhaseMeta",
  "HookTarget",
  "HookResult",
  "HookNode",
  "PlanFunction",
  "PlanResult",
  "TargetContext",
  "TargetView",
  "SettingsOptions",
  "Facts",
  "OsFacts",
  "Environment",
];

function specsPage(library: Library): string {
  return page(
    "Specs",
    "What an infra file is made of, and what its phases are given. Merge rules: [specs and groups](../guides/specs-and-groups.md). An unknown key or a wrong value is an error when the spec is built.",
    ...[...SPEC_FUNCTIONS, "setting", "settingsKey", "onChange", "captured"].flatMap((name) => [
      `## ${name}`,
      functionSection(library.find(MOD, name)),
    ]),
    ...SPEC_TYPES.flatMap((name) => [`## ${name}`, typeSection(library, MOD, library.find(MOD, name))]),
  );
}

/** Exports of a module in tables: functions with their signatures, then types. */
function exportTables(library: Library, module: string, more: (name: string) => string): readonly string[] {
  const all = library.exportsOf(module);
  const functions = all.filter(isFunction);
  const others = all.filter((exported) => !isFunction(exported));
  return [
    "## Functions",
    table(
      ["function", "does"],
      functions.map((exported) => {
        const [first] = exported.declarations;
        const shown = first === undefined ? exported.name : signature(exported.name, first.def);
        return [`\`${shown}\``, `${summary(exported)}${more(exported.name)}`];
      }),
    ),
    "## Types and values",
    table(["name", "what"], others.map((exported) => [`\`${exported.name}\``, summary(exported)])),
  ];
}

function palletPage(library: Library): string {
  const actions = new Set([...definitions.keys(), "defineAction"]);
  const own = ["sh", "rawScript", "checkOptions", "osMap", "packageName", "serviceName", "adminGroup"];
  return page(
    'Module "pallet"',
    "What infra files and crates import: pure data and functions. All exports; details of actions are in [actions](actions.md), of specs in [specs](specs.md).",
    ...exportTables(
      library,
      MOD,
      (name) => actions.has(name) ? `. [More](actions.md#${name.toLowerCase()})` : "",
    ),
    ...own.flatMap((name) => [`## ${name}`, functionSection(library.find(MOD, name))]),
  );
}

function runPage(library: Library): string {
  const interfaces = library.exportsOf(RUN).filter(({ declarations }) =>
    declarations.some(({ kind }) => kind === "interface" || kind === "typeAlias")
  ).filter(({ name }) => name !== "Event");
  return page(
    'Module "pallet/run"',
    "What programs import to run operations: options in, events through a callback, a result out. [Pallet inside a program](../guides/embedding.md); events are in [events](events.md).",
    ...library.exportsOf(RUN).filter(isFunction).flatMap((
      exported,
    ) => [`## ${exported.name}()`, functionSection(exported, "pallet/run")]),
    ...interfaces.flatMap((exported) => [`## ${exported.name}`, typeSection(library, RUN, exported)]),
  );
}

async function cliPage(): Promise<string> {
  const help = await Promise.all(
    commands.map(async ({ name, load }) => [name, commandHelp(await load(), paintFor(false))] as const),
  );
  return page(
    "Command line",
    "This is what `pallet help` shows. Exit statuses and how a run goes are in [running](../guides/running.md).",
    `\`\`\`text\n${overview(paintFor(false)).trim()}\n\`\`\``,
    ...sections.flatMap((section) => [
      `## ${section.title}`,
      ...section.commands.flatMap(({ name }) => {
        const text = help.find(([one]) => one === name)?.[1] ?? "";
        return [`### ${name}`, `\`\`\`text\n${text.trim()}\n\`\`\``];
      }),
    ]),
  );
}

/** Keys of a schema as a table; every key needs a meaning, and every meaning a key. */
function keysOfSchema(schema: unknown, meanings: Readonly<Record<string, string>>, all = true): string {
  const keys = schemaKeys(schema);
  const unsaid = keys.filter(({ path }) => meanings[path] === undefined).map(({ path }) => path);
  const untrue = all ? Object.keys(meanings).filter((path) => keys.every((key) => key.path !== path)) : [];
  if (unsaid.length > 0 || untrue.length > 0) {
    throw new Error(
      `Correct docs/generator/meanings.ts: without meaning [${unsaid}], without key [${untrue}]`,
    );
  }
  return table(
    ["key", "type", "meaning"],
    keys.map((
      { path, type, optional },
    ) => [`\`${path}\`${optional ? "" : " (required)"}`, type, meanings[path] ?? ""]),
  );
}

function configurationPage(): string {
  const user = new Set(schemaKeys(userSchema).map(({ path }) => path));
  const projectOnly = schemaKeys(projectSchema).map(({ path }) => path).filter((path) => !user.has(path));
  return page(
    "Configuration",
    "Two files, both in YAML, either of which may be missing: `$XDG_CONFIG_HOME/pallet/config.yaml` (or `~/.config/pallet/config.yaml`) for the user, and `pallet.yaml` beside the infra file for the project. The project's values win, key by key; a service is replaced as a whole. An unknown key is an error with its line.",
    `Only the project's file may have ${projectOnly.map((path) => `\`${path}\``).join(", ")}.`,
    keysOfSchema(projectSchema, configurationMeanings),
    "Paths are relative to the file that names them; `~/` is your home. The services `lab` and `localhost` exist without any configuration. Without `--service` and `default-service` the only configured service is taken; without any, on Linux, the lab.",
    "```yaml\nservices:\n  mine:\n    provider: node-list\n    nodes:\n      - { name: web-1, group: web, address: 10.0.0.5, user: admin }\nadmin-user: { username: ops, private-key: ~/.ssh/id_ed25519 }\ndefaults: { batch: 25%, max-fail: 1 }\nenvironment:\n  proxy: http://proxy.example:3128\n```",
    "## Services of `node-list`",
    "[Existing machines](../guides/existing-machines.md) tells more.",
    keysOfSchema(nodeListSchema, nodeListMeanings),
    "## Services of `localhost`",
    "No options.",
    "## Services of `lab`",
    "See [lab](../../providers/lab/README.md).",
    "## Where things are kept",
    table(["what", "where"], [
      [
        "runs, locks, known hosts, records of the lab and of localhost",
        "`$XDG_STATE_HOME/pallet`, or `~/.local/state/pallet`",
      ],
      ["what can be made again", "`$XDG_CACHE_HOME/pallet`, or `~/.cache/pallet`"],
    ]),
  );
}

/** The members of the union of events. */
function eventTypes(library: Library): readonly (readonly Property[])[] {
  const { tsType } = library.find("engine/events.ts", "Event").declarations[0]?.def ?? {};
  const found: (readonly Property[])[] = [];
  const visit = (type: TsType): void => {
    if (type.kind === "typeLiteral") {
      found.push((type.value as { properties: readonly Property[] }).properties);
    } else if (type.kind === "parenthesized") visit(type.value as TsType);
    else if (type.kind === "union" || type.kind === "intersection") {
      (type.value as readonly TsType[]).forEach(visit);
    }
  };
  if (tsType !== undefined) visit(tsType);
  return found;
}

function eventsPage(library: Library): string {
  const events = eventTypes(library).map((properties) => {
    const name = typeText(properties.find((property) => property.name === "type")?.tsType).replaceAll(
      '"',
      "",
    );
    return { name, properties: properties.filter((property) => property.name !== "type") };
  });
  const names = events.map(({ name }) => name);
  const wrong = [
    ...names.filter((name) => eventMeanings[name] === undefined),
    ...Object.keys(eventMeanings).filter((name) => !names.includes(name)),
  ];
  if (wrong.length > 0) throw new Error(`Correct the events in docs/generator/meanings.ts: ${wrong}`);
  return page(
    "Events",
    "A run is told by events: plain data, in order. `--json` prints them, one a line; a program gets them through `on`. Each has `type`, `at` (the workstation's clock, ISO 8601, UTC) and `run`.",
    table(["event", "when"], names.map((name) => [`[\`${name}\`](#${name})`, eventMeanings[name] ?? ""])),
    ...events.flatMap(({ name, properties }) => [`## ${name}`, keysTable(properties)]),
    ...["ActionCounts", "Failure", "TargetSummary"].flatMap((name) => [
      `## ${name}`,
      typeSection(library, "engine/events.ts", library.find("engine/events.ts", name)),
    ]),
    "## PhaseResult",
    typeSection(library, "engine/events.ts", library.find("engine/events.ts", "PhaseResult")),
  );
}

function cratesPage(library: Library): string {
  return page(
    "Crates",
    "The crates that come with Pallet. Each has a page of its own, with options, settings, phases and what it leaves on a node. [Writing one](../guides/writing-a-crate.md).",
    ...CRATES.flatMap((name) => {
      const module = `crates/${name}/mod.ts`;
      return [
        `## [${name}](../../crates/${name}/README.md)`,
        table(
          ["export", "what"],
          library.exportsOf(module).map((exported) => {
            const [first] = exported.declarations;
            const shown = isFunction(exported) && first !== undefined
              ? signature(exported.name, first.def)
              : exported.name;
            return [`\`${shown}\``, summary(exported)];
          }),
        ),
        ...library.exportsOf(module).filter(({ declarations }) =>
          declarations.some(({ kind, def }) => kind === "interface" && (def.properties ?? []).length > 0)
        ).flatMap((exported) => [`### ${exported.name}`, typeSection(library, module, exported)]),
      ];
    }),
  );
}

/** All pages by file name. */
export async function pages(library: Library): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["actions.md", actionsPage(library)],
    ["specs.md", specsPage(library)],
    ["pallet.md", palletPage(library)],
    ["run.md", runPage(library)],
    ["cli.md", await cliPage()],
    ["configuration.md", configurationPage()],
    ["events.md", eventsPage(library)],
    ["crates.md", cratesPage(library)],
  ]);
}
