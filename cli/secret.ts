import type { Command } from "./command.ts";
import { defineParts } from "./parts.ts";

export const command: Command = defineParts({
  name: "secret",
  description: [
    "Secrets of the project, in a file that is encrypted for those who may read it (age, secrets.age unless told), and",
    "wherever else `secrets` of the configuration says.",
  ].join("\n"),
  parts: [
    { name: "set", summary: "keep a secret", load: async () => (await import("./secret_set.ts")).command },
    { name: "get", summary: "show a secret", load: async () => (await import("./secret_get.ts")).command },
    {
      name: "list",
      summary: "list secrets by name",
      load: async () => (await import("./secret_list.ts")).command,
    },
    {
      name: "remove",
      summary: "take a secret out of the file",
      load: async () => (await import("./secret_remove.ts")).command,
    },
    {
      name: "edit",
      summary: "change all of the file in an editor",
      load: async () => (await import("./secret_edit.ts")).command,
    },
    {
      name: "rekey",
      summary: "encrypt the file for its recipients as they are now",
      load: async () => (await import("./secret_rekey.ts")).command,
    },
  ],
  examples: [
    "pallet secret set db/password",
    "pass show db | pallet secret set db/password",
    "pallet secret rekey",
  ],
});
