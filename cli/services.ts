import type { Configuration } from "../engine/config/config.ts";
import { chooseService } from "../engine/config/service.ts";
import { PalletError } from "../engine/errors.ts";
import { type Command, defineCommand } from "./command.ts";
import { projectNames } from "./options.ts";
import { placeFrom } from "./errors.ts";
import { loadProject } from "./project.ts";
import { showTable } from "./table.ts";

/** Name of the service that is taken when none is asked for; nothing when that is for the user to say. */
function defaultName(configuration: Configuration): string | undefined {
  try {
    return chooseService(configuration, undefined).config.name;
  } catch (error) {
    if (error instanceof PalletError) return undefined;
    throw error;
  }
}

export const command: Command = defineCommand({
  name: "services",
  description: "Lists the services that are configured, and those that are always there.",
  heeds: [...projectNames, "json"],
  async run({ options, terminal }) {
    const configuration = await loadProject(options, terminal);
    const place = placeFrom(terminal.cwd);
    const chosen = defaultName(configuration);
    const rows = Object.values(configuration.services).map(({ config, origin }) => ({
      name: config.name,
      provider: config.provider,
      default: config.name === chosen,
      // Options may hold credentials: where they stand is told, not what they are.
      from: origin === undefined ? "built in" : place(origin),
    }));
    showTable(rows, [
      { title: "NAME", of: (row) => row.name },
      { title: "PROVIDER", of: (row) => row.provider },
      { title: "DEFAULT", of: (row) => row.default ? "yes" : undefined },
      { title: "FROM", of: (row) => row.from },
    ], { json: options.json, terminal, none: "There are no services." });
    return 0;
  },
});
