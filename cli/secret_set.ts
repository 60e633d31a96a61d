import { relative } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { readValue } from "./secret_input.ts";
import { nameOf, secretProject, storeOf } from "./secret_project.ts";

export const command: Command = defineCommand({
  name: "secret set",
  usage: "NAME",
  description: [
    "Keeps a secret in the project's encrypted file. Its value is asked for without being shown, or comes by standard",
    "input, whose last line end is no part of it. Plans use it as secret(NAME).",
  ].join("\n"),
  arguments: [1, 1],
  examples: ["pallet secret set db/password", "openssl rand -hex 16 | pallet secret set db/password"],
  heeds: [...projectNames, ...serviceNames],
  async run({ options, args, terminal }) {
    const name = nameOf(args);
    const project = await secretProject(options, terminal);
    const store = storeOf(project);
    const value = await readValue(name, project.ask);
    await store.set(name, value.reveal());
    if (!options.quiet) {
      terminal.err.write(`Kept ${name} in ${relative(terminal.cwd, store.path) || store.path}\n`);
    }
    return 0;
  },
});
