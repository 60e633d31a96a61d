import { execScript, groupSpec, sh } from "../engine/mod.ts";
import type { Event } from "../engine/events.ts";
import { type Command, defineCommand } from "./command.ts";
import { imageService } from "./image_service.ts";
import { escapeLine } from "./text.ts";

export const command: Command = defineCommand({
  name: "image check",
  usage: "IMAGE",
  description:
    "Makes a node of an image, logs in, becomes root, runs bash there, and removes the node whatever happens.",
  arguments: [1, 1],
  examples: ["pallet image check debian"],
  async run({ options, args, terminal }) {
    const { options: service } = await imageService(options, terminal);
    const { converge, destroy } = await import("../engine/run.ts");
    const check = groupSpec("image-check", {
      nodeSpec: { image: { imageId: args[0] ?? "" } },
      count: 1,
      phases: {
        configure: () =>
          execScript(sh`test "$(id -u)" = 0 && test -n "$BASH_VERSION"`, { changedWhen: false }),
      },
    });
    const say = (message: string) => terminal.err.write(`${escapeLine(message)}\n`);
    const operation = {
      ...service,
      source: { specs: [check] },
      on: (event: Event) => {
        if (event.type === "node-progress") say(`${event.step}: ${event.message}`);
      },
    };
    try {
      const { exitCode, failure } = await converge(operation);
      if (failure !== undefined) {
        say(`${failure.message}${failure.help === undefined ? "" : `\n${failure.help}`}`);
      }
      terminal.out.write(
        exitCode === 0
          ? `Image "${args[0]}" is good: ssh, root and bash work.\n`
          : `Image "${args[0]}" is not good.\n`,
      );
      return exitCode;
    } finally {
      await destroy({ ...operation });
    }
  },
});
