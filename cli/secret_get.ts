import { Secrets } from "../engine/secrets/secrets.ts";
import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { agreeToGrants } from "./grants.ts";
import { nameOf, secretProject } from "./secret_project.ts";
import { secretSources } from "./secrets.ts";

export const command: Command = defineCommand({
  name: "secret get",
  usage: "NAME",
  description:
    "Writes a secret to standard output, as a run would have it: from the first source that has it.",
  arguments: [1, 1],
  examples: ["pallet secret get db/password"],
  heeds: [...projectNames, ...serviceNames, "json"],
  async run({ options, args, terminal }) {
    const name = nameOf(args);
    const project = await secretProject(options, terminal);
    await agreeToGrants(project.configuration, options.yes, terminal);
    const secrets = new Secrets(secretSources(project));
    try {
      await secrets.resolve(new Map([[name, undefined]]));
      const value = (await secrets.value(name)).reveal();
      if (options.json) terminal.out.write(`${JSON.stringify({ name, value })}\n`);
      else terminal.out.write(terminal.out.terminal && !value.endsWith("\n") ? `${value}\n` : value);
    } finally {
      await secrets.close();
    }
    return 0;
  },
});
