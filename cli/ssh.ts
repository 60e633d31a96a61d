import { askOptions } from "./ask_secret.ts";
import { type Command, defineCommand } from "./command.ts";
import { loadProject, loginOptions, serviceOptions } from "./project.ts";

/** A single word is a command line, as ssh takes it; of several each is one word, whatever it holds. */
function commandOf(words: readonly string[]): readonly string[] {
  const [line = ""] = words;
  return words.length === 1 ? ["bash", "-c", line] : words;
}

export const command: Command = defineCommand({
  name: "ssh",
  usage: "NODE [-- COMMAND...]",
  description: "Opens a shell on a node, or runs one command there and ends with its exit status.",
  arguments: [1, 1],
  passesRest: true,
  examples: [
    "pallet ssh web-1",
    "pallet ssh web-1 -- tail -f /var/log/syslog",
    "pallet ssh web-1 -- 'df -h | sort'",
  ],
  async run({ options, args, rest, terminal }) {
    const configuration = await loadProject(options, terminal);
    const { shell } = await import("../engine/run.ts");
    return await shell({
      ...serviceOptions(options, configuration, terminal),
      ...askOptions(terminal),
      node: args[0] ?? "",
      acceptNewHostKeys: options["accept-new-host-keys"],
      ...(rest.length > 0 ? { command: commandOf(rest) } : {}),
      ...loginOptions(options, configuration, terminal),
    });
  },
});
