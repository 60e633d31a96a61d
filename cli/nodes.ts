import { type Command, defineCommand } from "./command.ts";
import { projectNames, serviceNames } from "./options.ts";
import { loadProject, serviceOptions } from "./project.ts";
import { groupsAndCounts } from "./selection.ts";
import { pairs, showTable } from "./table.ts";

export const command: Command = defineCommand({
  name: "nodes",
  usage: "[GROUP...]",
  description: "Lists the nodes of a service, running or not.",
  arguments: [0, Infinity],
  examples: ["pallet nodes", "pallet nodes web --json"],
  heeds: [...projectNames, ...serviceNames, "json"],
  async run({ options, args, terminal }) {
    const { groups } = groupsAndCounts(args, false);
    const service = serviceOptions(options, await loadProject(options, terminal), terminal);
    const { listNodes } = await import("../engine/run.ts");
    const all = await listNodes(service);
    const nodes = groups === undefined
      ? all
      : all.filter((node) => node.group !== undefined && groups.includes(node.group));
    const of = groups === undefined ? "" : ` of group ${groups.map((group) => `"${group}"`).join(" or ")}`;
    const none = `Service "${service.service.name}" has no nodes${of}.`;
    showTable(nodes, [
      { title: "NAME", of: (node) => node.name },
      { title: "GROUP", of: (node) => node.group },
      { title: "STATE", of: (node) => node.state },
      { title: "ADDRESS", of: (node) => node.primaryIp },
      { title: "PORT", of: (node) => node.sshPort },
      { title: "IMAGE", of: (node) => node.image },
      { title: "TAGS", of: (node) => pairs(node.tags) },
    ], { json: options.json, terminal, none });
    return 0;
  },
});
