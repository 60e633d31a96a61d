import { showConfiguration, type ShownValue } from "../engine/config/show.ts";
import type { Json } from "../engine/json.ts";
import { type Command, defineCommand } from "./command.ts";
import { placeFrom } from "./errors.ts";
import { allOptions, loginNames, projectNames, serviceNames } from "./options.ts";
import { loadProject } from "./project.ts";
import { showTable } from "./table.ts";
import { escapeText, truncate } from "./text.ts";

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shadowsOf({ shadows }: ShownValue): string | undefined {
  if (shadows.length === 0) return undefined;
  return shadows.map(({ value, from }) => `${textOf(value)} (${from})`).join(", ");
}

/** Columns of a value in a table on a terminal; in full it is shown alone, by its key, or as JSON. */
const WIDTH = 100;
/** The same where its origin stands behind it. */
const ORIGIN_WIDTH = 50;

export const command: Command = defineCommand({
  name: "config show",
  usage: "[KEY]",
  description: [
    "Shows the configuration as it is merged, all of it or what is under a key; of a single value only the value.",
    "Secrets are shown as ***. With --origin: where each value was said, and what it hides.",
  ].join("\n"),
  arguments: [0, 1],
  options: { origin: allOptions.origin },
  examples: [
    "pallet config show --origin",
    "pallet config show default-service",
    "pallet config show services --json",
  ],
  heeds: [...projectNames, ...serviceNames, ...loginNames, "json"],
  async run({ options, args: [key], terminal }) {
    const configuration = await loadProject(options, terminal);
    const values = showConfiguration(configuration, key, placeFrom(terminal.cwd));
    const [only] = values;
    if (!options.json && !options.origin && only !== undefined && only.key === key) {
      terminal.out.write(`${escapeText(textOf(only.value))}\n`);
      return 0;
    }
    const columns = options.origin ? ORIGIN_WIDTH : WIDTH;
    const shown = (text: string) => terminal.out.terminal ? truncate(text, columns) : text;
    showTable(values, [
      { title: "KEY", of: (row) => row.key },
      { title: "VALUE", of: (row) => shown(textOf(row.value)) },
      ...(options.origin
        ? [
          { title: "FROM", of: (row: ShownValue) => row.from },
          { title: "HIDES", of: shadowsOf },
        ]
        : []),
    ], { json: options.json, terminal, none: "Nothing is configured." });
    return 0;
  },
});
