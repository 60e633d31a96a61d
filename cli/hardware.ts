import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { loadProject, serviceOptions } from "./project.ts";
import { type Hiding, nearTo } from "./near.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "hardware",
  description: "Lists the sizes that nodes of a service can have, where each is from and what it hides.",
  heeds: [...projectNames, ...serviceNames, "json"],
  async run({ options, terminal }) {
    const service = serviceOptions(options, await loadProject(options, terminal), terminal);
    const { listHardware } = await import("../engine/run.ts");
    const near = nearTo(terminal.cwd);
    const all = await listHardware(service);
    showTable(all, [
      { title: "ID", of: (size) => size.id },
      { title: "CORES", of: (size) => size.cores },
      { title: "RAM MB", of: (size) => size.ram },
      { title: "DISK GB", of: (size) => size.disk },
      { title: "FROM", of: (size) => near(size.origin) },
      ...(all.some(({ shadows }) => shadows !== undefined)
        ? [{ title: "HIDES", of: ({ shadows }: Hiding) => shadows?.map(near).join(", ") }]
        : []),
      { title: "DESCRIPTION", of: (size) => size.description },
    ], {
      json: options.json,
      terminal,
      none: `Service "${service.service.name}" has no sizes to choose from.`,
    });
    return 0;
  },
});
