import { type Command, defineCommand } from "./command.ts";
import { crateNames } from "./options.ts";
import { NO_CRATES, withCrates } from "./crate_project.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "crate list",
  description: "Lists the crates of the import map, and those that the project imports by URL.",
  heeds: ["infra", ...crateNames, "json"],
  async run({ options, terminal }) {
    const rows = await withCrates(options, terminal, (crates, project) => crates.listCrates(project));
    showTable(rows, [
      { title: "NAME", of: (row) => row.name },
      { title: "CRATE", of: (row) => row.crate },
      { title: "VERSION", of: (row) => row.version },
      { title: "MODULES", of: (row) => row.modules },
      { title: "LOCKED", of: (row) => row.locked ? "yes" : "no" },
    ], { json: options.json, terminal, none: NO_CRATES });
    return 0;
  },
});
