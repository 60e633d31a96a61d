import { dirname } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { projectNames } from "./options.ts";
import { placeFrom, withWholeOrigin } from "./errors.ts";
import { showFetching } from "./fetching.ts";
import { findInfra } from "./infra_file.ts";
import { loadProject, sourceOf } from "./project.ts";
import { environmentOptions } from "./service.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "groups",
  description: "Lists the groups of the infra file.",
  evaluates: true,
  heeds: [...projectNames, "json"],
  async run({ options, terminal, ahead }) {
    const configuration = await loadProject(options, terminal);
    const infra = await findInfra(options, configuration, terminal);
    const { listGroups } = await import("../engine/run.ts");
    const folder = dirname(infra);
    const place = placeFrom(terminal.cwd, folder);
    const fetching = showFetching(terminal, options.quiet);
    const source = sourceOf(infra, options, configuration, terminal, fetching.onFetch);
    const groups = await listGroups({
      source: { ...source, ...(ahead === undefined ? {} : { ahead }) },
      ...environmentOptions(options, configuration, terminal),
    })
      .catch((thrown) => Promise.reject(withWholeOrigin(thrown, folder)))
      .finally(fetching.end);
    showTable(groups, [
      { title: "NAME", of: (group) => group.name },
      { title: "COUNT", of: (group) => group.count },
      { title: "ROLES", of: (group) => group.roles.join(", ") || undefined },
      { title: "PHASES", of: (group) => Object.keys(group.phases).join(", ") || undefined },
      { title: "AFTER", of: (group) => group.after.join(", ") || undefined },
      { title: "FROM", of: (group) => place(group.origin) },
    ], { json: options.json, terminal, none: `Infra file "${infra}" exports no groups.` });
    return 0;
  },
});
