import { jsonSchemaOf, type SchemaName, schemaNames } from "../engine/config/json_schema.ts";
import { didYouMean } from "../engine/suggest.ts";
import { optionSchemas } from "../providers/mod.ts";
import { type Command, defineCommand } from "./command.ts";
import { usageError } from "./parse.ts";

function isSchemaName(name: string): name is SchemaName {
  return (schemaNames as readonly string[]).includes(name);
}

export const command: Command = defineCommand({
  name: "config schema",
  usage: `[${schemaNames.join("|")}]`,
  description: [
    "Prints the JSON Schema of a configuration file: pallet.yaml (project), config.yaml (user), services/NAME.yaml",
    "(service) or models/NAME.yaml (models). Editors complete and check YAML by it; `pallet init` and `pallet types`",
    "keep those of the project in .pallet/schema, which the first line of pallet.yaml names.",
  ].join("\n"),
  arguments: [0, 1],
  examples: [
    "pallet config schema",
    "pallet config schema user > ~/.config/pallet/config.schema.json",
  ],
  heeds: [],
  async run({ args: [name = "project"], terminal }) {
    if (!isSchemaName(name)) {
      throw usageError(
        `There is no schema of "${name}".${didYouMean(name, schemaNames)}`,
        `Schemas there are: ${schemaNames.join(", ")}.`,
      );
    }
    terminal.out.write(`${JSON.stringify(jsonSchemaOf(name, await optionSchemas()), null, 2)}\n`);
    return 0;
  },
});
