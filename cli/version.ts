import { version } from "../engine/version.ts";
import { defineCommand } from "./command.ts";

export const command = defineCommand({
  name: "version",
  description: "Shows the version of Pallet, and with --verbose of what it runs on.",
  heeds: ["json"],
  run({ options, terminal }) {
    const platform = `${Deno.build.os}-${Deno.build.arch}`;
    if (options.json) {
      terminal.out.write(`${JSON.stringify({ version, deno: Deno.version.deno, platform })}\n`);
    } else {
      terminal.out.write(`pallet ${version}\n`);
      if (options.verbose) terminal.out.write(`deno ${Deno.version.deno}, ${platform}\n`);
    }
    return 0;
  },
});
