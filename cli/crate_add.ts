import { relative } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { exportLines } from "./crate_exports.ts";
import { withCrates } from "./crate_project.ts";
import { allOptions, crateNames } from "./options.ts";
import { usageError } from "./parse.ts";
import { count, escapeLine } from "./text.ts";

export const command: Command = defineCommand({
  name: "crate add",
  usage: "URL|jsr:@SCOPE/NAME[@RANGE]",
  description: [
    "Fetches a crate with all that it imports, pins it under a name in the import map (deno.json beside the infra file),",
    "and locks it in pallet.lock. Nothing of it is run. A redirect is pinned to where it leads.",
  ].join("\n"),
  arguments: [1, 1],
  options: { name: allOptions.name },
  examples: [
    "pallet crate add jsr:@scope/backup",
    "pallet crate add https://example.com/backup@1.2.0/mod.ts --name backup",
  ],
  heeds: ["infra", ...crateNames, "json"],
  async run({ options, args, terminal }) {
    if (options.frozen) {
      throw usageError(
        "A crate is added to pallet.lock, which --frozen leaves as it is",
        "Leave out --frozen.",
      );
    }
    const added = await withCrates(
      options,
      terminal,
      (crates, project) =>
        crates.addCrate(args[0] ?? "", {
          ...project,
          ...(options.name === undefined ? {} : { name: options.name }),
        }),
    );
    const { out, err } = terminal;
    if (options.json) {
      out.write(`${JSON.stringify(added, null, 2)}\n`);
      return 0;
    }
    const { name, target, modules, exports, file } = added;
    const where = relative(terminal.cwd, file) || file;
    err.write(
      `Added ${escapeLine(target)} as "${escapeLine(name)}" to ${where}: ${
        count(modules, "module")
      }, locked\n`,
    );
    out.write(
      [out.paint.bold(`"${escapeLine(name)}" exports:`), ...exportLines(exports, out.paint), ""].join("\n"),
    );
    return 0;
  },
});
