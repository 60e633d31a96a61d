// The pages of the reference; those of modules.
import { keepAction } from "../../engine/actions/guarded.ts";
import { definitions } from "../../engine/mod.ts";
import { cliPage, configurationPage, eventsPage } from "./data_pages.ts";
import { eventsSchema } from "./events_schema.ts";
import type { Exported, Library } from "./library.ts";
import { functionSection, interfaceTable, page, signature, summary, table, typeSection } from "./markdown.ts";

const MOD = "engine/mod.ts";
const RUN = "engine/run.ts";
const CRATES = ["automated-admin-user", "git", "mysql", "nginx"];

/** Modules that the pages are made of. */
export const modules: readonly string[] = [
  MOD,
  RUN,
  "engine/events.ts",
  "engine/errors.ts",
  "engine/json.ts",
  "engine/script/types.ts",
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
  // What ends guarded actions is made by guarded() as well.
  const kinds = [...definitions.keys()].filter((kind) => kind !== keepAction.kind).toSorted();
  return page(
    "Actions",
    "An action is plain data, made by a function and returned by a phase. On the node it looks first, and does only what is missing. Texts take deferred values (`captured()`, `secret()`, attributes of nodes that do not exist yet) unless their type says otherwise. [Writing your own](../guides/actions.md).",
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
    ...[...SPEC_FUNCTIONS, "setting", "settingsKey", "onChange", "captured", "secret"].flatMap((name) => [
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
    ["events.schema.json", `${JSON.stringify(eventsSchema(library), null, 2)}\n`],
    ["crates.md", cratesPage(library)],
  ]);
}
