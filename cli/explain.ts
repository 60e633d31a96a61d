import { type Command, defineCommand } from "./command.ts";
import { placeFrom, withWholeOrigin } from "./errors.ts";
import { explanationLines, redacted } from "./explain_view.ts";
import { allOptions, phaseOptions, projectNames, serviceNames } from "./options.ts";
import { showFetching } from "./fetching.ts";
import { grantLines } from "./grant.ts";
import { operationOptions } from "./project.ts";
import { groupsAndCounts, phases } from "./selection.ts";
import { usageError } from "./parse.ts";

export const command: Command = defineCommand({
  name: "explain",
  usage: "GROUP...",
  description: [
    "Shows what phases of a group are made of and where each action comes from, with no node. With --script: the bash",
    "that a node would get, alone on standard output.",
  ].join("\n"),
  arguments: [1, Infinity],
  options: { ...phaseOptions, os: allOptions.os, script: allOptions.script },
  examples: [
    "pallet explain web --phase configure --os debian-12",
    "pallet explain web --phase configure --os debian-12 --script | shellcheck -",
  ],
  evaluates: true,
  heeds: [...projectNames, ...serviceNames, "json"],
  async run({ options, args, terminal, ahead }) {
    const { groups = [] } = groupsAndCounts(args, false);
    const { phases: requested } = phases(options);
    if (options.script && options.json) throw usageError("Options --script and --json exclude each other.");
    const { configuration, on: _on, folder, ...base } = await operationOptions(options, terminal, ahead);
    const { explain } = await import("../engine/run.ts");
    const fetching = showFetching(terminal, options.quiet);
    const { source } = base;
    const explanations = await explain({
      ...base,
      ...("infra" in source
        ? { source: { ...source, crates: { ...source.crates, onFetch: fetching.onFetch } } }
        : {}),
      groups,
      ...(requested === undefined ? {} : { phases: requested }),
      ...(options.os === undefined ? {} : { os: options.os }),
    }).catch((thrown) => Promise.reject(withWholeOrigin(thrown, folder))).finally(fetching.end);
    const { out } = terminal;
    if (options.json) out.write(`${JSON.stringify(redacted(explanations), null, 2)}\n`);
    else if (options.script) out.write(explanations.map(({ script }) => script).join("\n"));
    else if (explanations.length === 0) terminal.err.write("These groups have no phase that would run.\n");
    else {
      const lines = explanationLines(explanations, out.paint, placeFrom(terminal.cwd, folder));
      out.write(`${lines.join("\n")}\n`);
    }
    if (!options.json && !options.script) {
      const { grantsOf } = await import("./grants.ts");
      const granted = grantLines(grantsOf(configuration), placeFrom(terminal.cwd));
      if (granted.length > 0) {
        out.write(`\n${out.paint.bold("granted by the configuration")}\n${granted.join("\n")}\n`);
      }
    }
    return 0;
  },
});
