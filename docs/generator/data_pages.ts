// The pages of commands, configuration files and events.
import { commands, sections } from "../../cli/commands.ts";
import { commandHelp } from "../../cli/command_help.ts";
import { overview } from "../../cli/help.ts";
import { paintFor } from "../../cli/terminal.ts";
import { saidKeys } from "../../engine/config/keys.ts";
import { keyMeanings } from "../../engine/config/meanings.ts";
import { projectSchema, userSchema } from "../../engine/config/schema.ts";
import { optionsSchema as nodeListSchema } from "../../providers/node-list/schema.ts";
import type { Library } from "./library.ts";
import { keysTable, page, table, typeSection } from "./markdown.ts";
import { eventShapes } from "./events_schema.ts";
import { eventMeanings, nodeListMeanings } from "./meanings.ts";
import { schemaKeys } from "./schemas.ts";

/** The commands, as their help shows them. */
export async function cliPage(): Promise<string> {
  const style = { paint: paintFor(false), columns: 110 };
  const help = await Promise.all(commands.map(async ({ name, load }) => {
    const command = await load();
    const parts = await Promise.all((command.parts ?? []).map((part) => part.load()));
    return [name, [command, ...parts].map((one) => commandHelp(one, style).trim())] as const;
  }));
  return page(
    "Command line",
    "This is what `pallet help` shows. Exit statuses and how a run goes are in [running](../guides/running.md).",
    `\`\`\`text\n${overview(style).trim()}\n\`\`\``,
    ...sections.flatMap((section) => [
      `## ${section.title}`,
      ...section.commands.flatMap(({ name }) => {
        const texts = help.find(([one]) => one === name)?.[1] ?? [];
        return [`### ${name}`, ...texts.map((text) => `\`\`\`text\n${text}\n\`\`\``)];
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

/** Configuration files, from their schemas. */
export function configurationPage(): string {
  const user = new Set(schemaKeys(userSchema).map(({ path }) => path));
  const projectOnly = schemaKeys(projectSchema).map(({ path }) => path).filter((path) => !user.has(path));
  return page(
    "Configuration",
    "Two files, both in YAML, either of which may be missing: `$XDG_CONFIG_HOME/pallet/config.yaml` (or `~/.config/pallet/config.yaml`) for the user, and `pallet.yaml` beside the infra file for the project. Beside each, `services/NAME.yaml` may hold one service and `models/NAME.yaml` images and sizes. [Configuration](../guides/configuration.md) tells how they become one.",
    `Only the project's file may have ${projectOnly.map((path) => `\`${path}\``).join(", ")}.`,
    keysOfSchema(projectSchema, keyMeanings),
    "## Variables and options",
    "These say a key as well. An option wins over a variable, and a variable over all files.",
    table(
      ["key", "variable", "option"],
      saidKeys.map(({ keys, variable, flag }) => [
        `\`${keys.join(".")}\``,
        `\`${variable}\``,
        flag === undefined ? "" : `\`--${flag}\``,
      ]),
    ),
    "## Paths and services",
    "Paths are relative to the file that names them; `~/` is your home, `$NAME` and `${NAME}` are variables of your environment, `$$` is a dollar sign. The services `lab` and `localhost` exist without any configuration. Without `--service` and `default-service` the only configured service is taken; without any, on Linux, the lab.",
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

/** What those who read events may build on. */
const promise: readonly string[] = [
  "## What stays",
  [
    "Programs may build on these, over all versions with one major number:",
    "",
    "- An event keeps its name, and a key its name, type, unit and meaning. What is always there stays always there.",
    "- `run-started` is the first event of a run, and `run-finished` the last; a run that was gone on with has each of them more than once. What is said of a target in a phase stands between its `target-started`, where there is one, and its `target-finished`.",
    "- A line is one event, and one event is one line, in UTF-8. Lines of other kinds never come.",
    "- Values of secrets never come.",
    "",
    "These may come with any version, so let a program pass over what it does not know:",
    "",
    "- new events, new keys of events, and new words where a key is one of several words (a `result`, a `kind`);",
    "- more events of one kind, and other texts: `message`, `title`, `text`, `help`, `changes`, `diff` and `output` are for people.",
  ].join("\n"),
];

/** The events, from their type. */
export function eventsPage(library: Library): string {
  const events = eventShapes(library);
  return page(
    "Events",
    "A run is told by events: plain data, in order. `--json` prints them, one a line; a program gets them through `on`. Each has `type`, `at` (the workstation's clock, ISO 8601, UTC) and `run`. [events.schema.json](events.schema.json) is their JSON Schema, for one event.",
    ...promise,
    table(
      ["event", "when"],
      events.map(({ name }) => [`[\`${name}\`](#${name})`, eventMeanings[name] ?? ""]),
    ),
    ...events.flatMap(({ name, properties }) => [`## ${name}`, keysTable(properties)]),
    ...["ActionCounts", "Failure", "GroupCounts", "Login", "TargetSummary"].flatMap((name) => [
      `## ${name}`,
      typeSection(library, "engine/events.ts", library.find("engine/events.ts", name)),
    ]),
    "## PhaseResult",
    typeSection(library, "engine/events.ts", library.find("engine/events.ts", "PhaseResult")),
  );
}
