import { askOptions } from "./ask_secret.ts";
import { type Command, defineCommand } from "./command.ts";
import { loginNames, projectNames, serviceNames } from "./options.ts";
import { infraIfThere } from "./infra_file.ts";
import { loadProject, serviceOptions, sourceOf } from "./project.ts";
import { loginOptions } from "./service.ts";

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
  options: {
    "forward-agent": { kind: "flag", short: "A", summary: "let your ssh agent go along" },
    settings: { kind: "flag", summary: "show how the node is reached and who says so; connect to nothing" },
  },
  examples: [
    "pallet ssh web-1",
    "pallet ssh web-1 -- tail -f /var/log/syslog",
    "pallet ssh web-1 -- 'df -h | sort'",
    "pallet ssh --settings web-1",
  ],
  heeds: [...projectNames, ...serviceNames, ...loginNames, "json"],
  async run({ options, args, rest, terminal }) {
    const configuration = await loadProject(options, terminal);
    const infra = configuration.selected === undefined
      ? undefined
      : await infraIfThere(options, configuration, terminal);
    const source = infra === undefined ? {} : { source: sourceOf(infra, options, configuration, terminal) };
    if (options.settings) {
      const { sshSettings } = await import("../engine/run.ts");
      const { showSettings } = await import("./ssh_settings.ts");
      const settings = await sshSettings({
        ...serviceOptions(options, configuration, terminal),
        ...loginOptions(options, configuration, terminal),
        ...source,
        node: args[0] ?? "",
      });
      showSettings(settings, { json: options.json, terminal });
      return 0;
    }
    const { shell } = await import("../engine/run.ts");
    const { secretContext, secretSources } = await import("./secrets.ts");
    const asking = askOptions(terminal);
    return await shell({
      ...serviceOptions(options, configuration, terminal),
      ...asking,
      ...source,
      secrets: secretSources(secretContext(options, configuration, terminal, asking)),
      node: args[0] ?? "",
      acceptNewHostKeys: options["accept-new-host-keys"],
      forwardAgent: options["forward-agent"],
      ...(rest.length > 0 ? { command: commandOf(rest) } : {}),
      ...loginOptions(options, configuration, terminal),
    });
  },
});
