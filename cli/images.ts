import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { loadProject, serviceOptions } from "./project.ts";
import { type Hiding, nearTo } from "./near.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "images",
  description: "Lists the images that a service makes nodes from, where each is from and what it hides.",
  heeds: [...projectNames, ...serviceNames, "json"],
  async run({ options, terminal }) {
    const service = serviceOptions(options, await loadProject(options, terminal), terminal);
    const { listImages } = await import("../engine/run.ts");
    const near = nearTo(terminal.cwd);
    const all = await listImages(service);
    showTable(all, [
      { title: "ID", of: (image) => image.id },
      { title: "OS", of: (image) => `${image.os.id} ${image.os.version || image.os.codename}`.trim() },
      { title: "ARCH", of: (image) => image.arch },
      { title: "USER", of: (image) => image.loginUser },
      { title: "FROM", of: (image) => near(image.origin) },
      ...(all.some(({ shadows }) => shadows !== undefined)
        ? [{ title: "HIDES", of: ({ shadows }: Hiding) => shadows?.map(near).join(", ") }]
        : []),
      { title: "DESCRIPTION", of: (image) => image.description },
    ], { json: options.json, terminal, none: `Service "${service.service.name}" has no images.` });
    return 0;
  },
});
