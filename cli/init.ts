import { join, relative, resolve } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { crateNames } from "./options.ts";
import { findCrates, tellMissing } from "./editor/crates.ts";
import { makeFile, makeFolder, readText } from "./editor/files.ts";
import { refresh } from "./editor/refresh.ts";
import infra from "./editor/templates/infra.ts.txt" with { type: "text" };
import configuration from "./editor/templates/pallet.yaml.txt" with { type: "text" };
import { denoJson, tsconfigJson } from "./editor/settings.ts";
import { loadProject } from "./project.ts";
import type { Terminal } from "./terminal.ts";

const FILES: readonly (readonly [name: string, text: string])[] = [
  ["infra.ts", infra],
  ["pallet.yaml", configuration],
  ["deno.json", denoJson],
  ["tsconfig.json", tsconfigJson],
];

/** A folder as one would type it here. */
function typed(folder: string, terminal: Terminal): string {
  const path = relative(terminal.cwd, folder);
  const word = path.startsWith("..") ? folder : path;
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export const command: Command = defineCommand({
  name: "init",
  usage: "[DIR]",
  description: [
    "Makes a project in a folder, the current one unless told: infra.ts, which works as it is, pallet.yaml, and what",
    "editors need for completion and types. Files that are there already are kept.",
  ].join("\n"),
  arguments: [0, 1],
  examples: ["pallet init shop", "pallet init"],
  heeds: [...crateNames, "json"],
  async run({ args, options, terminal }) {
    const folder = resolve(terminal.cwd, args[0] ?? ".");
    await makeFolder(folder);
    const made: string[] = [];
    const kept: string[] = [];
    const yaml = await readText(join(folder, "pallet.yaml")) ?? "";
    // Groups in YAML stand in place of an infra file.
    const inYaml = /^groups:/m.test(yaml);
    const files = inYaml ? FILES.filter(([name]) => name !== "infra.ts") : FILES;
    for (const [name, text] of files) {
      (await makeFile(join(folder, name), text) ? made : kept).push(name);
    }
    const file = join(folder, inYaml ? "pallet.yaml" : "infra.ts");
    const configuration = await loadProject({ ...options, infra: file }, terminal);
    const crates = await findCrates(file, options, configuration, terminal);
    const { changed, advice } = await refresh(folder, crates);
    const { missing } = crates;
    if (options.json) {
      terminal.out.write(`${JSON.stringify({ folder, made, kept, changed, advice, missing })}\n`);
      return 0;
    }
    tellMissing(crates, terminal);
    if (options.quiet) return 0;
    const { err } = terminal;
    const say = (text: string) => err.write(`${text}\n`);
    if (made.length > 0) say(`Made ${made.join(", ")} in ${folder}`);
    const asItWas = kept.filter((name) => !changed.includes(name));
    if (asItWas.length > 0) say(`Kept ${asItWas.join(", ")}`);
    for (const name of kept.filter((one) => changed.includes(one))) {
      say(`Kept ${name}, and added names for editors to it`);
    }
    for (const text of advice) say(text);
    say(`\n${err.paint.bold("Next:")}`);
    if (folder !== terminal.cwd) say(`  cd ${typed(folder, terminal)}`);
    for (
      const [line, meaning] of [
        ["pallet plan", "what would be made and run; nothing is touched"],
        ["pallet converge", "make it so"],
        [
          made.includes("infra.ts") ? "pallet exec 'curl -s localhost'" : "pallet exec uptime",
          "run a command on the nodes",
        ],
        ["pallet destroy", "remove the nodes"],
      ] as const
    ) say(`  ${err.paint.cyan(line.padEnd(34))}${err.paint.dim(meaning)}`);
    return 0;
  },
});
