import type { Command } from "./command.ts";
import { defineParts } from "./parts.ts";

export const command: Command = defineParts({
  name: "crate",
  description: "Crates by URL: what the infra file and its crates import from the web.",
  parts: [
    {
      name: "add",
      summary: "pin a crate in the import map, and lock it",
      load: async () => (await import("./crate_add.ts")).command,
    },
    {
      name: "list",
      summary: "list the crates of the project",
      load: async () => (await import("./crate_list.ts")).command,
    },
    {
      name: "docs",
      summary: "show what a crate exports",
      load: async () => (await import("./crate_docs.ts")).command,
    },
    {
      name: "lock",
      summary: "write pallet.lock for what the project needs",
      load: async () => (await import("./crate_lock.ts")).command,
    },
    {
      name: "update",
      summary: "take what crates hold now",
      load: async () => (await import("./crate_update.ts")).command,
    },
    {
      name: "verify",
      summary: "compare pallet.lock with what the hosts have",
      load: async () => (await import("./crate_verify.ts")).command,
    },
    {
      name: "vendor",
      summary: "put all crates into ./vendor",
      load: async () => (await import("./crate_vendor.ts")).command,
    },
  ],
  examples: [
    "pallet crate add jsr:@scope/backup",
    "pallet crate update --diff --dry-run",
    "pallet crate list",
  ],
});
