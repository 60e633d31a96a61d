import { type Command, defineCommand } from "./command.ts";
import { loadProject, serviceOptions } from "./project.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "hardware",
  description: "Lists the sizes that nodes of a service can have.",
  async run({ options, terminal }) {
    const service = serviceOptions(options, await loadProject(options, terminal), terminal);
    const { listHardware } = await import("../engine/run.ts");
    showTable(await listHardware(service), [
      { title: "ID", of: (size) => size.id },
      { title: "CORES", of: (size) => size.cores },
      { title: "RAM MB", of: (size) => size.ram },
      { title: "DISK GB", of: (size) => size.disk },
      { title: "FROM", of: (size) => size.origin },
      { title: "DESCRIPTION", of: (size) => size.description },
    ], {
      json: options.json,
      terminal,
      none: `Service "${service.service.name}" has no sizes to choose from.`,
    });
    return 0;
  },
});
