import { relative } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { secretProject, storeOf } from "./secret_project.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "secret list",
  description: "Lists the secrets of the project's encrypted file by their names.",
  heeds: [...projectNames, ...serviceNames, "json"],
  async run({ options, terminal }) {
    const store = storeOf(await secretProject(options, terminal));
    const file = relative(terminal.cwd, store.path) || store.path;
    const rows = [...(await store.values()).keys()].sort().map((name) => ({ name }));
    showTable(rows, [{ title: "NAME", of: (row) => row.name }], {
      json: options.json,
      terminal,
      none: `There are no secrets in ${file}.`,
    });
    return 0;
  },
});
