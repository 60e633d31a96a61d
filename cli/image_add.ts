import { resolve } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { imageService } from "./image_service.ts";
import { allOptions } from "./options.ts";
import { usageError } from "./parse.ts";

export const command: Command = defineCommand({
  name: "image add",
  usage: "NAME --from FILE|URL --os OS",
  description: [
    "Makes an image that nodes share: of a raw disk, .vdi, .vmdk, .vhd or .qcow2, an .ova or a Vagrant .box. It is converted,",
    "registered with VirtualBox and made multi-attach. A cloud image needs nothing else; one without cloud-init needs",
    "--user and --private-key of somebody who can log in.",
  ].join("\n"),
  arguments: [1, 1],
  options: { from: allOptions.from, sha256: allOptions.sha256, os: allOptions.os },
  examples: ["pallet image add debian --os debian-12 --from debian-12-genericcloud-amd64.raw"],
  async run({ options, args, terminal }) {
    const { from, os, sha256, user, "private-key": key } = options;
    if (from === undefined) {
      throw usageError("What the image is made of is not told", "Name a file or a URL with --from.");
    }
    if (os === undefined) {
      throw usageError("The system of the image is not told", "Name it with --os, as --os debian-12.");
    }
    const { store } = await imageService(options, terminal);
    const source = /^https?:\/\//.test(from) ? from : resolve(terminal.cwd, from);
    const disk = await store.add(
      {
        name: args[0] ?? "",
        os,
        ...(user === undefined ? {} : { username: user }),
        ...(key === undefined ? {} : { privateKey: resolve(terminal.cwd, key) }),
      },
      source,
      sha256,
    );
    terminal.out.write(`${disk}\n`);
    return 0;
  },
});
