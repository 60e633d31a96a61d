import { execScript, groupSpec, sh } from "../engine/mod.ts";
import type { Event, Failure } from "../engine/events.ts";
import { exitCodeOf } from "../engine/failure.ts";
import type { Operation, RunResult } from "../engine/run.ts";
import { type Command, defineCommand } from "./command.ts";
import { failureOf, placeFrom, renderFailure } from "./errors.ts";
import { imageService } from "./image_service.ts";
import type { Terminal } from "./terminal.ts";
import { escapeLine } from "./text.ts";

/** Says failures, each once. */
function teller({ err, cwd }: Terminal): (failure: Failure) => void {
  const told = new Set<string>();
  return ({ origin: _, ...failure }) => {
    if (told.has(failure.message)) return;
    told.add(failure.message);
    // Nobody wrote the group: there is no place to show.
    err.write(renderFailure(failure, { paint: err.paint, place: placeFrom(cwd), verbose: false }));
  };
}

/** The exit status of an operation, whose failures are told. */
async function statusAfter(
  operation: Operation<RunResult>,
  tell: (failure: Failure) => void,
): Promise<number> {
  try {
    const { exitCode, failure, targets } = await operation;
    for (const one of [{ failure }, ...targets]) if (one.failure !== undefined) tell(one.failure);
    return exitCode;
  } catch (thrown) {
    tell(failureOf(thrown));
    return exitCodeOf(thrown);
  }
}

export const command: Command = defineCommand({
  name: "image check",
  usage: "IMAGE",
  description:
    "Makes a node of an image, logs in, becomes root, runs bash there, and removes the node whatever happens.",
  arguments: [1, 1],
  examples: ["pallet image check debian"],
  async run({ options, args, terminal }) {
    const { options: service } = await imageService(options, terminal);
    const { converge, destroy, handleSignals } = await import("../engine/run.ts");
    // A name that no group of anybody's has: all its nodes are removed.
    const check = groupSpec(`image-check-${crypto.randomUUID().slice(0, 8)}`, {
      nodeSpec: { image: { imageId: args[0] ?? "" } },
      count: 1,
      phases: {
        configure: () =>
          execScript(sh`test "$(id -u)" = 0 && test -n "$BASH_VERSION"`, { changedWhen: false }),
      },
    });
    const operation = {
      ...service,
      source: { specs: [check] },
      on: (event: Event) => {
        if (event.type !== "node-progress") return;
        terminal.err.write(`${escapeLine(`${event.step}: ${event.message}`)}\n`);
      },
    };
    const tell = teller(terminal);
    const making = converge(operation);
    const release = handleSignals(making);
    const status = await statusAfter(making, tell).finally(release);
    const removed = await statusAfter(destroy({ ...operation, yes: true }), tell);
    terminal.out.write(
      status === 0
        ? `Image "${args[0]}" is good: ssh, root and bash work.\n`
        : `Image "${args[0]}" is not good.\n`,
    );
    return status === 0 ? removed : status;
  },
});
