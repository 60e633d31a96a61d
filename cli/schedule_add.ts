import { Schedules } from "../engine/schedule/entry.ts";
import { install, thisHost } from "../engine/schedule/install.ts";
import { type Command, defineCommand } from "./command.ts";
import { allOptions, loginNames, projectNames, serviceNames } from "./options.ts";
import { usageError } from "./parse.ts";
import { makeEntry, stateFolder } from "./schedule_entry.ts";
import { dueLines } from "./schedule_times.ts";

/** Options that change what a run does: in front of `--` they would be lost. */
const ofCommand = [...projectNames, ...serviceNames, ...loginNames, "json", "reporter", "save"] as const;

export const command: Command = defineCommand({
  name: "schedule add",
  usage: "NAME -- COMMAND...",
  description: [
    "Has a command of pallet run by itself: by a systemd timer where systemd is at work (the system's for root, the",
    "user's own otherwise), else by cron; by launchd on macOS. It runs in this folder, with this program, with crates",
    "as they are locked (--frozen), with no terminal and nobody to ask. Runs of one schedule never overlap.",
  ].join("\n"),
  arguments: [1, 1],
  passesRest: true,
  options: {
    cron: allOptions.cron,
    zone: allOptions.zone,
    scheduler: allOptions.scheduler,
    jitter: allOptions.jitter,
    "time-limit": allOptions["time-limit"],
    "catch-up": allOptions["catch-up"],
    mail: allOptions.mail,
    webhook: allOptions.webhook,
    metrics: allOptions.metrics,
  },
  examples: [
    'pallet schedule add backup --cron "0 3 * * *" -- lift web --phase backup',
    'pallet schedule add drift --cron "*/30 * * * *" --jitter 300 -- plan --check --detailed-exitcode',
  ],
  heeds: [],
  async run({ options, args: [name = ""], rest, terminal }) {
    if (options.cron === undefined) {
      throw usageError("A schedule needs its times.", 'Add --cron "0 3 * * *".');
    }
    if (rest.length === 0) throw usageError("A schedule needs its command.", "Write it behind --.");
    const misplaced = ofCommand.find((option) => {
      const value = options[option];
      return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    });
    if (misplaced !== undefined) {
      throw usageError(
        `Option --${misplaced} is not of the schedule, but of its command.`,
        "Write it behind --, with the command.",
      );
    }
    const schedules = new Schedules(stateFolder(terminal));
    if ((await schedules.names()).includes(name)) {
      throw usageError(
        `There is a schedule "${name}" already.`,
        `Remove it first: pallet schedule remove ${name}`,
      );
    }
    const host = thisHost();
    const { cron, zone, scheduler: backend, jitter, "time-limit": limit, mail, webhook, metrics } = options;
    const optional = { zone, backend, jitter, limit, mail, webhook, metrics };
    const entry = await makeEntry(
      {
        name,
        cron,
        argv: rest,
        cwd: terminal.cwd,
        catchUp: options["catch-up"],
        ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
      },
      terminal,
      host,
    );
    await schedules.write(entry);
    let notes: readonly string[];
    try {
      notes = await install(host, entry);
    } catch (thrown) {
      await schedules.remove(name);
      throw thrown;
    }
    const lines = [`Schedule "${name}" runs by ${entry.backend}.`, ...await dueLines(entry), ...notes];
    terminal.err.write(lines.map((line) => `${line}\n`).join(""));
    return 0;
  },
});
