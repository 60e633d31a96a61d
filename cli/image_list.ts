import { type Command, defineCommand } from "./command.ts";
import { imageService } from "./image_service.ts";
import { nearTo } from "./near.ts";
import { showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "image list",
  description:
    "Lists the images of a service with what VirtualBox knows of their disks: type, size, machines that share them.",
  async run({ options, terminal }) {
    const { options: service, store } = await imageService(options, terminal);
    const { listImages } = await import("../engine/run.ts");
    const [images, disks] = await Promise.all([listImages(service), store.disks()]);
    const near = nearTo(terminal.cwd);
    const rows = images.map((image) => ({
      id: image.id,
      os: image.os,
      origin: image.origin,
      path: image.disk ?? "",
      ...disks.get(image.disk ?? ""),
    }));
    showTable(rows, [
      { title: "ID", of: ({ id }) => id },
      { title: "OS", of: ({ os }) => `${os.id} ${os.version}`.trim() },
      { title: "TYPE", of: ({ type }) => type ?? "not registered" },
      { title: "MB", of: ({ capacity }) => capacity },
      { title: "USED BY", of: ({ usedBy = [] }) => usedBy.join(" ") },
      { title: "FROM", of: ({ origin }) => near(origin) },
      { title: "DISK", of: ({ path }) => path },
    ], { json: options.json, terminal, none: `Service "${service.service.name}" has no images.` });
    return 0;
  },
});
