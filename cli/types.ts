import { dirname } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { projectNames } from "./options.ts";
import { findCrates, tellMissing } from "./editor/crates.ts";
import { refresh } from "./editor/refresh.ts";
import { FOLDER } from "./editor/settings.ts";
import { count } from "./text.ts";
import { findInfra } from "./infra_file.ts";
import { loadProject } from "./project.ts";

export const command: Command = defineCommand({
  name: "types",
  description: [
    `Writes what editors need for completion and types into ${FOLDER}, for this version of Pallet and the crates that`,
    "the infra file imports. To be run again when either has changed.",
  ].join("\n"),
  examples: ["pallet types"],
  heeds: [...projectNames, "json"],
  async run({ options, terminal }) {
    const configuration = await loadProject(options, terminal);
    const infra = await findInfra(options, configuration, terminal);
    const folder = dirname(infra);
    const crates = await findCrates(infra, options, configuration, terminal);
    const { missing } = crates;
    const { types, made, changed, advice } = await refresh(folder, crates);
    const status = missing.length === 0 ? 0 : 1;
    if (options.json) {
      terminal.out.write(`${JSON.stringify({ folder, types, made, changed, advice, missing })}\n`);
      return status;
    }
    tellMissing(crates, terminal);
    if (options.quiet) return status;
    const say = (text: string) => terminal.err.write(`${text}\n`);
    if (made.length > 0) say(`Made ${made.join(", ")}`);
    if (changed.length > 0) say(`Added names to ${changed.join(", ")}`);
    say(
      types === 0
        ? `Types in ${FOLDER} are as they should be`
        : `Wrote ${count(types, "file")} of types in ${FOLDER}`,
    );
    for (const text of advice) say(text);
    return status;
  },
});
