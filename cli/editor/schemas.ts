// Schemas of a project's configuration files, for editors.
import { jsonSchemaOf, type SchemaName } from "../../engine/config/json_schema.ts";
import { optionSchemas } from "../../providers/mod.ts";
import type { Files } from "./files.ts";

/** Files that a project may have. */
const names: readonly SchemaName[] = ["project", "service", "models"];

/** Schemas by their paths below the folder of what editors read. */
export async function schemaFiles(): Promise<Files> {
  const options = await optionSchemas();
  return new Map(
    names.map((name) => [`schema/${name}.json`, `${JSON.stringify(jsonSchemaOf(name, options), null, 2)}\n`]),
  );
}
