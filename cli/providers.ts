import { providers } from "../providers/mod.ts";
import { type Command, defineCommand } from "./command.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "providers",
  description: "Lists the kinds of services: what `provider` of a service can be.",
  run({ options, terminal }) {
    const rows = providers.map(({ name, summary }) => ({ name, summary }));
    showTable(rows, [
      { title: "NAME", of: (row) => row.name },
      { title: "SUMMARY", of: (row) => row.summary },
    ], { json: options.json, terminal, none: "There are no providers." });
    return 0;
  },
});
