import { relative } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { secretProject, storeOf } from "./secret_project.ts";
import { count } from "./text.ts";

export const command: Command = defineCommand({
  name: "secret rekey",
  description: [
    "Encrypts the project's file of secrets anew, for the `recipients` that the configuration names now. Whoever is no",
    "recipient any more still knows what they could read before: change those secrets as well.",
  ].join("\n"),
  heeds: [...projectNames, ...serviceNames],
  async run({ options, terminal }) {
    const store = storeOf(await secretProject(options, terminal));
    const recipients = await store.rekey();
    const file = relative(terminal.cwd, store.path) || store.path;
    if (!options.quiet) terminal.err.write(`Encrypted ${file} for ${count(recipients, "recipient")}\n`);
    return 0;
  },
});
