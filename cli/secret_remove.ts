import { relative } from "node:path";
import { PalletError } from "../engine/errors.ts";
import { didYouMean } from "../engine/suggest.ts";
import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { nameOf, secretProject, storeOf } from "./secret_project.ts";

export const command: Command = defineCommand({
  name: "secret remove",
  usage: "NAME",
  description:
    "Takes a secret out of the project's encrypted file. Older versions of the file still hold it.",
  arguments: [1, 1],
  heeds: [...projectNames, ...serviceNames],
  async run({ options, args, terminal }) {
    const name = nameOf(args);
    const store = storeOf(await secretProject(options, terminal));
    const values = await store.values();
    const file = relative(terminal.cwd, store.path) || store.path;
    if (!values.has(name)) {
      throw new PalletError(`There is no secret "${name}" in ${file}.${didYouMean(name, values.keys())}`, {
        kind: "usage",
        help: "`pallet secret list` shows what there is.",
      });
    }
    await store.set(name, undefined);
    if (!options.quiet) terminal.err.write(`Took ${name} out of ${file}\n`);
    return 0;
  },
});
