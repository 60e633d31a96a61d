import { providers } from "../providers/mod.ts";
import { type Command, defineCommand } from "./command.ts";
import { projectNames } from "./options.ts";
import { configuredPlugins, loadProject } from "./project.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "providers",
  description: "Lists the kinds of services: what `provider` of a service can be.",
  heeds: [...projectNames, "json"],
  async run({ options, terminal }) {
    const plugins = configuredPlugins(options, await loadProject(options, terminal), terminal);
    const rows = [
      ...providers.map(({ name, summary }) => ({ name, summary, from: "built in" })),
      ...plugins.providers.map(({ name, summary, from }) => ({ name, summary, from })),
    ];
    showTable(rows, [
      { title: "NAME", of: (row) => row.name },
      { title: "FROM", of: (row) => row.from },
      { title: "SUMMARY", of: (row) => row.summary },
    ], { json: options.json, terminal, none: "There are no providers." });
    return 0;
  },
});
