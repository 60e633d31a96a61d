import { showConfiguration, type ShownValue } from "../engine/config/show.ts";
import type { Json } from "../engine/json.ts";
import { type Command, defineCommand } from "./command.ts";
import { placeFrom } from "./errors.ts";
import { allOptions, loginNames, projectNames, serviceNames } from "./options.ts";
import { loadProject } from "./project.ts";
import { showTable } from "./table.ts";
import { escapeText } from "./text.ts";

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shadowsOf({ shadows }: ShownValue): string | undefined {
  if (shadows.length === 0) return undefined;
  return shadows.map(({ value, from }) => `${textOf(value)} (${from})`).join(", ");
}

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
    showTable(values, [
      { title: "KEY", of: (row) => row.key },
      { title: "VALUE", of: (row) => textOf(row.value) },
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
