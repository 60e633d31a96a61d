import type { Command } from "./command.ts";
import { defineParts } from "./parts.ts";

export const command: Command = defineParts({
  name: "config",
  description: "Configuration: what files, variables and options say together.",
  parts: [
    {
      name: "show",
      summary: "show values, where each comes from and what it hides",
      load: async () => (await import("./config_show.ts")).command,
    },
    {
      name: "schema",
      summary: "print the JSON Schema of a file, for editors",
      load: async () => (await import("./config_schema.ts")).command,
    },
  ],
  examples: ["pallet config show --origin", "pallet config show services.prod", "pallet config schema user"],
});
