import { execScript, groupSpec, sh } from "../engine/mod.ts";
import { type Command, defineCommand } from "./command.ts";
import { imageService } from "./image_service.ts";
import { throwaway } from "./throwaway.ts";

export const command: Command = defineCommand({
  name: "image check",
  usage: "IMAGE",
  description:
    "Makes a node of an image, logs in, becomes root, runs bash there, and removes the node whatever happens.",
  arguments: [1, 1],
  examples: ["pallet image check debian"],
  async run({ options, args, terminal }) {
    const { options: service } = await imageService(options, terminal);
    const group = groupSpec(`image-check-${crypto.randomUUID().slice(0, 8)}`, {
      nodeSpec: { image: { imageId: args[0] ?? "" } },
      count: 1,
      phases: {
        configure: () =>
          execScript(sh`test "$(id -u)" = 0 && test -n "$BASH_VERSION"`, { changedWhen: false }),
      },
    });
    const { status, removed } = await throwaway({ service, terminal, group });
    terminal.out.write(
      status === 0
        ? `Image "${args[0]}" is good: ssh, root and bash work.\n`
        : `Image "${args[0]}" is not good.\n`,
    );
    return status === 0 ? removed : status;
  },
});
