import type { Command } from "./command.ts";
import { defineParts } from "./parts.ts";

export const command: Command = defineParts({
  name: "image",
  description:
    "Images of a service that makes nodes of disks: VirtualBox. `pallet images` lists those of any service.",
  parts: [
    {
      name: "add",
      summary: "make an image of a cloud image, a disk, an OVA or a Vagrant box",
      load: async () => (await import("./image_add.ts")).command,
    },
    {
      name: "create",
      summary: "make an image of a machine's disk",
      load: async () => (await import("./image_create.ts")).command,
    },
    {
      name: "list",
      summary: "list images with their disks, and the machines that share each",
      load: async () => (await import("./image_list.ts")).command,
    },
    {
      name: "check",
      summary: "make a node of an image, try ssh, sudo and bash, remove it",
      load: async () => (await import("./image_check.ts")).command,
    },
  ],
  examples: [
    "pallet image add debian --os debian-12 --from debian-12-genericcloud-amd64.raw",
    "pallet image check debian",
  ],
});
