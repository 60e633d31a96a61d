import { type Command, defineCommand } from "./command.ts";
import { crateNames } from "./options.ts";
import { NO_CRATES, withCrates } from "./crate_project.ts";
import { count, escapeLine } from "./text.ts";

export const command: Command = defineCommand({
  name: "crate verify",
  description: [
    "Fetches all that pallet.lock holds from its hosts and compares it, and looks whether all that the project needs is",
    "locked; with --offline it compares what is vendored and cached. Exit status 1 when something differs.",
  ].join("\n"),
  heeds: ["infra", ...crateNames, "json"],
  async run({ options, terminal }) {
    const rows = await withCrates(options, terminal, (crates, project) => crates.verifyCrates(project));
    const { out, err } = terminal;
    const wrong = rows.filter((row) => !row.ok);
    if (options.json) out.write(`${JSON.stringify(rows, null, 2)}\n`);
    else {
      for (const { url, problem = "" } of wrong) {
        out.write(`${out.paint.red(escapeLine(url))}: ${escapeLine(problem)}\n`);
      }
      err.write(
        rows.length === 0
          ? `${NO_CRATES}\n`
          : wrong.length === 0
          ? `${count(rows.length, "module is", "modules are")} as locked\n`
          : `${wrong.length} of ${count(rows.length, "module")} differ\n`,
      );
    }
    return wrong.length === 0 ? 0 : 1;
  },
});
