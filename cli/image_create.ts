import { resolve } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { imageService } from "./image_service.ts";
import { allOptions } from "./options.ts";
import { usageError } from "./parse.ts";

export const command: Command = defineCommand({
  name: "image create",
  usage: "NAME --from-vm MACHINE --os OS",
  description: [
    "Makes an image of a machine that is powered off; what its snapshots hold is merged, the machine itself stays as it is.",
    "Machine id, host keys, leases, udev's rules and cloud-init's state are made anew on each node by its seed. Without",
    "cloud-init, told by --private-key, a machine is made of the copy for a while, in which they are removed.",
  ].join("\n"),
  arguments: [1, 1],
  options: { "from-vm": allOptions["from-vm"], os: allOptions.os },
  examples: ["pallet image create base --from-vm base-1 --os debian-12"],
  async run({ options, args, terminal }) {
    const { "from-vm": machine, os, user, "private-key": key } = options;
    if (machine === undefined) throw usageError("The machine is not told", "Name it with --from-vm.");
    if (os === undefined) {
      throw usageError("The system of the image is not told", "Name it with --os, as --os debian-12.");
    }
    const service = await imageService(options, terminal);
    const { store } = service;
    const image = { name: args[0] ?? "", os, ...(user === undefined ? {} : { username: user }) };
    const make = async () => {
      if (key === undefined) return await store.fromMachine(image, machine);
      const keyed = { ...image, privateKey: resolve(terminal.cwd, key) };
      const { imageCleaner } = await import("./image_clean.ts");
      return await store.fromMachine(keyed, machine, await imageCleaner(keyed, service, terminal));
    };
    terminal.out.write(`${await make()}\n`);
    return 0;
  },
});
