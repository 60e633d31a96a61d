import { didYouMean } from "../engine/suggest.ts";
import type { Command, CommandEntry } from "./command.ts";
import { usageError } from "./parse.ts";

/** Commands under a heading of the help. */
export interface CommandSection {
  readonly title: string;
  readonly commands: readonly CommandEntry[];
}

/** All commands; each is loaded when it is called. */
export const sections: readonly CommandSection[] = [
  {
    title: "Operations",
    commands: [
      {
        name: "plan",
        summary: "show nodes to add and remove, and actions to run",
        load: async () => (await import("./plan.ts")).command,
      },
      {
        name: "converge",
        summary: "adjust node counts, then run phases",
        load: async () => (await import("./converge.ts")).command,
      },
      {
        name: "lift",
        summary: "run phases on the nodes there are",
        load: async () => (await import("./lift.ts")).command,
      },
      {
        name: "destroy",
        summary: "remove the nodes of groups",
        load: async () => (await import("./destroy.ts")).command,
      },
      {
        name: "explain",
        summary: "show what a phase is made of, and its script, with no node",
        load: async () => (await import("./explain.ts")).command,
      },
    ],
  },
  {
    title: "Nodes",
    commands: [
      { name: "ssh", summary: "a shell on a node", load: async () => (await import("./ssh.ts")).command },
      {
        name: "exec",
        summary: "run a command on many nodes",
        load: async () => (await import("./exec.ts")).command,
      },
      { name: "nodes", summary: "list nodes", load: async () => (await import("./nodes.ts")).command },
    ],
  },
  {
    title: "Runs",
    commands: [
      { name: "runs", summary: "list runs", load: async () => (await import("./runs.ts")).command },
      {
        name: "report",
        summary: "show what a run did",
        load: async () => (await import("./report.ts")).command,
      },
      {
        name: "resume",
        summary: "go on with a run that was ended",
        load: async () => (await import("./resume.ts")).command,
      },
      {
        name: "schedule",
        summary: "commands that run by themselves",
        load: async () => (await import("./schedule.ts")).command,
      },
    ],
  },
  {
    title: "Projects",
    commands: [
      {
        name: "init",
        summary: "make a project in a folder",
        load: async () => (await import("./init.ts")).command,
      },
      {
        name: "types",
        summary: "write types for editors",
        load: async () => (await import("./types.ts")).command,
      },
      {
        name: "completions",
        summary: "completion for a shell",
        load: async () => (await import("./completions.ts")).command,
      },
    ],
  },
  {
    title: "Crates",
    commands: [
      {
        name: "crate",
        summary: "add, list, lock, update, verify, vendor crates by URL",
        load: async () => (await import("./crate.ts")).command,
      },
    ],
  },
  {
    title: "Secrets",
    commands: [
      {
        name: "secret",
        summary: "keep secrets with the project, encrypted; list, show and change them",
        load: async () => (await import("./secret.ts")).command,
      },
    ],
  },
  {
    title: "What there is",
    commands: [
      {
        name: "groups",
        summary: "list groups of the infra file",
        load: async () => (await import("./groups.ts")).command,
      },
      {
        name: "images",
        summary: "list images of a service",
        load: async () => (await import("./images.ts")).command,
      },
      {
        name: "image",
        summary: "make, list and check images of VirtualBox",
        load: async () => (await import("./image.ts")).command,
      },
      {
        name: "hardware",
        summary: "list sizes of a service",
        load: async () => (await import("./hardware.ts")).command,
      },
      {
        name: "config",
        summary: "show configuration and where it comes from; its schema for editors",
        load: async () => (await import("./config.ts")).command,
      },
      {
        name: "services",
        summary: "list configured services",
        load: async () => (await import("./services.ts")).command,
      },
      {
        name: "providers",
        summary: "list kinds of services",
        load: async () => (await import("./providers.ts")).command,
      },
      {
        name: "plugins",
        summary: "list configured plugins, and what they may do",
        load: async () => (await import("./plugins.ts")).command,
      },
      {
        name: "doctor",
        summary: "look whether all is there that a project needs",
        load: async () => (await import("./doctor.ts")).command,
      },
      {
        name: "version",
        summary: "show the version",
        load: async () => (await import("./version.ts")).command,
      },
      {
        name: "help",
        summary: "show help for a command",
        load: async () => (await import("./help.ts")).command,
      },
    ],
  },
];

/** What other tools call them. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  apply: "converge",
  deploy: "converge",
  up: "converge",
  down: "destroy",
  check: "plan",
  diff: "plan",
  preview: "plan",
  validate: "plan",
  list: "nodes",
  ls: "nodes",
  status: "nodes",
  shell: "ssh",
  history: "runs",
  log: "report",
  logs: "report",
  new: "init",
  vault: "secret",
};

/** All commands, without headings. */
export const commands: readonly CommandEntry[] = sections.flatMap((section) => section.commands);

/**
 * The command of a name, loaded.
 *
 * @throws {PalletError} of kind `usage` that names the nearest one.
 */
export async function findCommand(name: string): Promise<Command> {
  const entry = commands.find((candidate) => candidate.name === name);
  if (entry !== undefined) return await entry.load();
  const meant = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined;
  const hint = meant === undefined
    ? didYouMean(name, commands.map((candidate) => candidate.name))
    : ` Did you mean "${meant}"?`;
  throw usageError(
    `Unknown command "${name}".${hint}`,
    "`pallet help` lists all commands.",
  );
}
