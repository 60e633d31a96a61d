import { type Command, defineCommand } from "./command.ts";
import { crateNames } from "./options.ts";
import { changeLines, changeSummary } from "./crate_change.ts";
import { withCrates } from "./crate_project.ts";

export const command: Command = defineCommand({
  name: "crate lock",
  description: [
    "Writes pallet.lock for all that the infra file and the import map need, and takes out what they do not need any",
    "more. What is locked stays as it is.",
  ].join("\n"),
  heeds: ["infra", ...crateNames, "json"],
  async run({ options, terminal }) {
    const change = await withCrates(options, terminal, (crates, project) => crates.lockCrates(project));
    const { out, err } = terminal;
    if (options.json) out.write(`${JSON.stringify(change, null, 2)}\n`);
    else if (change.modules.length === 0 && change.ranges.length === 0) {
      err.write("pallet.lock holds what the project needs\n");
    } else {
      out.write(`${changeLines(change, out.paint).join("\n")}\n`);
      err.write(`Wrote pallet.lock, ${changeSummary(change)}\n`);
    }
    return 0;
  },
});
