import { type Command, defineCommand } from "./command.ts";
import { loadProject, serviceOptions } from "./project.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "images",
  description: "Lists the images that a service makes nodes from.",
  async run({ options, terminal }) {
    const service = serviceOptions(options, await loadProject(options, terminal), terminal);
    const { listImages } = await import("../engine/run.ts");
    showTable(await listImages(service), [
      { title: "ID", of: (image) => image.id },
      { title: "OS", of: (image) => `${image.os.id} ${image.os.version || image.os.codename}`.trim() },
      { title: "ARCH", of: (image) => image.arch },
      { title: "USER", of: (image) => image.loginUser },
      { title: "FROM", of: (image) => image.origin },
      { title: "DESCRIPTION", of: (image) => image.description },
    ], { json: options.json, terminal, none: `Service "${service.service.name}" has no images.` });
    return 0;
  },
});
