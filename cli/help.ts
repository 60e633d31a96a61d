import { type Command, defineCommand } from "./command.ts";
import { commandHelp } from "./command_help.ts";
import { commands, findCommand, sections } from "./commands.ts";
import type { Output, Paint } from "./terminal.ts";

/** What there is at all. */
export function overview(paint: Paint): string {
  const columns = Math.max(...commands.map(({ name }) => name.length));
  return [
    `${paint.bold("Usage:")} pallet COMMAND [arguments] [options]`,
    "",
    "Provisions machines and runs configuration and administration on them.",
    ...sections.flatMap((section) => [
      "",
      paint.bold(`${section.title}:`),
      ...section.commands.map(({ name, summary }) => `  ${paint.cyan(name.padEnd(columns))}  ${summary}`),
    ]),
    "",
    "`pallet help COMMAND` tells more of each.",
    "",
  ].join("\n");
}

/** Shows the help of a command, or of all. */
export async function showHelp(name: string | undefined, output: Output): Promise<void> {
  output.write(
    name === undefined ? overview(output.paint) : commandHelp(await findCommand(name), output.paint),
  );
}

export const command: Command = defineCommand({
  name: "help",
  usage: "[COMMAND]",
  description: "Shows all commands, or one with its options.",
  arguments: [0, 1],
  examples: ["pallet help converge"],
  heeds: [],
  async run({ args, terminal }) {
    await showHelp(args[0], terminal.out);
    return 0;
  },
});
