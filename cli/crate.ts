import type { Command } from "./command.ts";
import type { CommandEntry } from "./commands.ts";
import { commandHelp } from "./help.ts";
import { allOptions, commonOptions } from "./options.ts";
import { tokens, usageError } from "./parse.ts";
import { didYouMean } from "../engine/suggest.ts";

/** What can be done with crates; each is loaded when it is called. */
const parts: readonly CommandEntry[] = [
  {
    name: "add",
    summary: "pin a crate in the import map, and lock it",
    load: async () => (await import("./crate_add.ts")).command,
  },
  {
    name: "list",
    summary: "list the crates of the project",
    load: async () => (await import("./crate_list.ts")).command,
  },
  {
    name: "docs",
    summary: "show what a crate exports",
    load: async () => (await import("./crate_docs.ts")).command,
  },
  {
    name: "lock",
    summary: "write pallet.lock for what the project needs",
    load: async () => (await import("./crate_lock.ts")).command,
  },
  {
    name: "update",
    summary: "take what crates hold now",
    load: async () => (await import("./crate_update.ts")).command,
  },
  {
    name: "verify",
    summary: "compare pallet.lock with what the hosts have",
    load: async () => (await import("./crate_verify.ts")).command,
  },
  {
    name: "vendor",
    summary: "put all crates into ./vendor",
    load: async () => (await import("./crate_vendor.ts")).command,
  },
];

const columns = Math.max(...parts.map(({ name }) => name.length));

export const command: Command = {
  name: "crate",
  usage: parts.map(({ name }) => name).join("|"),
  description: [
    "Crates by URL: what the infra file and its crates import from the web.",
    "",
    ...parts.map(({ name, summary }) => `  ${name.padEnd(columns)}  ${summary}`),
    "",
    "`pallet crate COMMAND --help` tells more of each.",
  ].join("\n"),
  options: commonOptions,
  parts,
  ownHelp: true,
  examples: [
    "pallet crate add jsr:@scope/backup",
    "pallet crate update --diff --dry-run",
    "pallet crate list",
  ],
  async execute(argv, terminal) {
    let at: number | undefined;
    for (const token of tokens(argv, allOptions)) {
      if (token.kind !== "positional") continue;
      at = token.at;
      break;
    }
    const help = argv.includes("--help") || argv.includes("-h");
    if (at === undefined && help) {
      terminal.out.write(commandHelp(command, terminal.out.paint));
      return 0;
    }
    const name = at === undefined ? undefined : argv[at];
    const part = parts.find((one) => one.name === name);
    if (at === undefined || part === undefined) {
      const known = parts.map((one) => one.name);
      throw usageError(
        name === undefined
          ? 'Command "crate" needs to be told what to do.'
          : `Unknown command "crate ${name}".${didYouMean(name, known)}`,
        `Usage: pallet crate ${known.join("|")}`,
      );
    }
    const chosen = await part.load();
    if (!help) return await chosen.execute(argv.toSpliced(at, 1), terminal);
    terminal.out.write(commandHelp(chosen, terminal.out.paint));
    return 0;
  },
};
