import { type Command, defineCommand } from "./command.ts";
import { crateNames } from "./options.ts";
import { documentationLines } from "./crate_exports.ts";
import { withCrates } from "./crate_project.ts";
import { escapeLine } from "./text.ts";

export const command: Command = defineCommand({
  name: "crate docs",
  usage: "NAME|URL",
  description: "Shows what a crate exports, with what its author says of it. Nothing of it is run.",
  arguments: [1, 1],
  examples: ["pallet crate docs backup"],
  heeds: ["infra", ...crateNames, "json"],
  async run({ options, args, terminal }) {
    const found = await withCrates(
      options,
      terminal,
      (crates, project) => crates.documentCrate(args[0] ?? "", project),
    );
    const { out } = terminal;
    if (options.json) out.write(`${JSON.stringify(found, null, 2)}\n`);
    else out.write([escapeLine(found.url), ...documentationLines(found.exports, out.paint), ""].join("\n"));
    return 0;
  },
});
