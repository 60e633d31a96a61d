import type { Command } from "./command.ts";
import { defineParts } from "./parts.ts";

export const command: Command = defineParts({
  name: "schedule",
  description: "Commands that run by themselves: by systemd, cron or launchd of this workstation.",
  parts: [
    {
      name: "add",
      summary: "have a command run at times",
      load: async () => (await import("./schedule_add.ts")).command,
    },
    {
      name: "list",
      summary: "list schedules, when they are due, and how they went",
      load: async () => (await import("./schedule_list.ts")).command,
    },
    {
      name: "show",
      summary: "show one, with what was installed for it",
      load: async () => (await import("./schedule_show.ts")).command,
    },
    {
      name: "run",
      summary: "run one now",
      load: async () => (await import("./schedule_run.ts")).command,
    },
    {
      name: "remove",
      summary: "remove schedules",
      load: async () => (await import("./schedule_remove.ts")).command,
    },
    {
      name: "apply",
      summary: "bring schedules in line with the project",
      load: async () => (await import("./schedule_apply.ts")).command,
    },
  ],
  examples: [
    'pallet schedule add backup --cron "0 3 * * *" --mail ops@example.com -- lift web --phase backup',
    "pallet schedule list",
    "pallet schedule run backup",
  ],
});
