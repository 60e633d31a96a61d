import { type Command, defineCommand } from "./command.ts";
import { changeLines, changeSummary, sourceDiff } from "./crate_change.ts";
import { withCrates } from "./crate_project.ts";
import { allOptions } from "./options.ts";
import { usageError } from "./parse.ts";

export const command: Command = defineCommand({
  name: "crate update",
  usage: "[NAME|URL...]",
  description: [
    "Looks for what crates hold now, all or those that are named: the newest versions in their ranges, and what their",
    "URLs hold. Shows what changes, and locks it. Nothing of it is run.",
  ].join("\n"),
  arguments: [0, Infinity],
  options: { diff: allOptions.diff, "dry-run": allOptions["dry-run"] },
  examples: ["pallet crate update", "pallet crate update backup --diff --dry-run"],
  heeds: ["infra", "import-map", "json"],
  async run({ options, args, terminal }) {
    const dryRun = options["dry-run"];
    if (options.offline) {
      throw usageError("An update asks the hosts of crates, which --offline forbids", "Leave out --offline.");
    }
    if (options.frozen) {
      throw usageError(
        "An update changes pallet.lock, which --frozen leaves as it is",
        "Leave out --frozen.",
      );
    }
    const update = await withCrates(
      options,
      terminal,
      (crates, project) => crates.updateCrates(args, { ...project, dryRun }),
    );
    const { out, err } = terminal;
    if (options.json) {
      const { ranges, modules } = update;
      out.write(`${JSON.stringify({ ranges, modules }, null, 2)}\n`);
    } else if (update.modules.length === 0 && update.ranges.length === 0) {
      err.write("Nothing changed since it was locked\n");
    } else {
      out.write(`${changeLines(update, out.paint).join("\n")}\n`);
      if (options.diff) out.write(`\n${await sourceDiff(update.sources)}`);
      err.write(
        `${dryRun ? "Left pallet.lock as it is" : "Wrote pallet.lock"}, ${changeSummary(update)}\n` +
          (options.diff ? "" : "With --diff it shows the sources.\n"),
      );
    }
    return 0;
  },
});
