import { type Command, defineCommand } from "./command.ts";
import { commandHelp, entryLines, type HelpStyle, styleFor } from "./command_help.ts";
import { commands, findCommand, sections } from "./commands.ts";
import { findPart } from "./parts.ts";
import type { Output } from "./terminal.ts";
import { fold } from "./text.ts";

/** What there is at all. */
export function overview(style: HelpStyle): string {
  const names = Math.max(...commands.map(({ name }) => name.length));
  const { paint, columns } = style;
  return [
    `${paint.bold("Usage:")} pallet COMMAND [arguments] [options]`,
    "",
    fold("Provisions machines and runs configuration and administration on them.", columns),
    ...sections.flatMap((section) => [
      "",
      paint.bold(`${section.title}:`),
      ...entryLines(section.commands.map(({ name, summary }) => [name, summary]), style, names),
    ]),
    "",
    fold("`pallet init DIR` begins a project. `pallet help COMMAND` tells more of each.", columns),
    "",
  ].join("\n");
}

/** Shows the help of a command, or of all. */
export async function showHelp(names: readonly string[], output: Output): Promise<void> {
  const style = styleFor(output);
  const [name, part] = names;
  if (name === undefined) return output.write(overview(style));
  const command = await findCommand(name);
  const chosen = part === undefined ? command : await findPart(command, part);
  output.write(commandHelp(chosen, style));
}

export const command: Command = defineCommand({
  name: "help",
  usage: "[COMMAND]",
  description: "Shows all commands, or one with its options.",
  arguments: [0, 2],
  examples: ["pallet help converge", "pallet help secret set"],
  heeds: [],
  async run({ args, terminal }) {
    await showHelp(args, terminal.out);
    return 0;
  },
});
