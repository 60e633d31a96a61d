import { describePermissions } from "../plugins/mod.ts";
import { type Command, defineCommand } from "./command.ts";
import { projectNames } from "./options.ts";
import { placeFrom } from "./errors.ts";
import { loadProject } from "./project.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "plugins",
  description: "Lists the plugins that are configured, where their code comes from, and what they may do.",
  heeds: [...projectNames, "json"],
  async run({ options, terminal }) {
    const { plugins } = await loadProject(options, terminal);
    const place = placeFrom(terminal.cwd);
    const rows = Object.values(plugins).map(({ name, kind, from, permissions, origin }) => ({
      name,
      kind,
      from,
      permissions,
      origin: place(origin),
    }));
    showTable(rows, [
      { title: "NAME", of: (row) => row.name },
      { title: "KIND", of: (row) => row.kind },
      { title: "FROM", of: (row) => row.from },
      { title: "PERMISSIONS", of: (row) => describePermissions(row.permissions) },
      { title: "CONFIGURED", of: (row) => row.origin },
    ], { json: options.json, terminal, none: "There are no plugins." });
    return 0;
  },
});
