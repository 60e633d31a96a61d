import { relative } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { crateNames } from "./options.ts";
import { NO_CRATES, withCrates } from "./crate_project.ts";
import { count } from "./text.ts";

export const command: Command = defineCommand({
  name: "crate vendor",
  description: [
    "Puts all modules of the web that the project needs into its folder vendor, with a list of them in",
    "vendor/modules.json. From then on they are read there, still held to pallet.lock; no network is needed.",
  ].join("\n"),
  heeds: ["infra", ...crateNames, "json"],
  async run({ options, terminal }) {
    const report = await withCrates(options, terminal, (crates, project) => crates.vendorCrates(project));
    if (options.json) terminal.out.write(`${JSON.stringify(report, null, 2)}\n`);
    else {
      const folder = relative(terminal.cwd, report.folder) || report.folder;
      terminal.err.write(
        report.modules === 0 ? `${NO_CRATES}\n` : `Put ${count(report.modules, "module")} into ${folder}\n`,
      );
    }
    return 0;
  },
});
