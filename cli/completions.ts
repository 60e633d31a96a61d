import { didYouMean } from "../engine/suggest.ts";
import { type Command, defineCommand } from "./command.ts";
import { commands } from "./commands.ts";
import { bashCompletion } from "./completions/bash.ts";
import { fishCompletion } from "./completions/fish.ts";
import { type Words, wordsOf } from "./completions/words.ts";
import { zshCompletion } from "./completions/zsh.ts";
import { usageError } from "./parse.ts";

const shells: Readonly<Record<string, (words: Words) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const command: Command = defineCommand({
  name: "completions",
  usage: Object.keys(shells).join("|"),
  description: "Prints what a shell needs to complete commands, options and their choices.",
  arguments: [1, 1],
  examples: [
    "source <(pallet completions bash)",
    "pallet completions fish > ~/.config/fish/completions/pallet.fish",
  ],
  heeds: [],
  async run({ args: [shell = ""], terminal }) {
    const make = Object.hasOwn(shells, shell) ? shells[shell] : undefined;
    if (make === undefined) {
      const known = Object.keys(shells);
      throw usageError(
        `There are no completions for "${shell}".${didYouMean(shell, known)}`,
        `Shells: ${known.join(", ")}.`,
      );
    }
    terminal.out.write(make(await wordsOf(commands)));
    return 0;
  },
});
