import type { listNodes, ServiceOptions } from "../engine/run.ts";
import { type Command, defineCommand } from "./command.ts";
import { allOptions, projectNames, serviceNames } from "./options.ts";
import { loadProject, serviceOptions } from "./project.ts";
import { groupsAndCounts } from "./selection.ts";
import { pairs, showTable } from "./table.ts";
import { escapeLine } from "./text.ts";

/** A node, and the region that it was found in where all were looked at. */
type ListedNode = Awaited<ReturnType<typeof listNodes>>[number] & { readonly region?: string };

/** Nodes of a service, and why some are not among them. */
async function listed(
  service: ServiceOptions,
  allRegions: boolean,
): Promise<{ readonly all: readonly ListedNode[]; readonly failures: readonly string[] }> {
  const { listNodes, listNodesByRegion } = await import("../engine/run.ts");
  if (!allRegions) return { all: await listNodes(service), failures: [] };
  const regions = await listNodesByRegion(service);
  return {
    all: regions.flatMap(({ region, nodes }) =>
      nodes.map((node) => ({ ...node, ...(region === undefined ? {} : { region }) }))
    ),
    failures: regions.flatMap(({ region, error }) =>
      error === undefined ? [] : region === undefined ? error : `Region ${region}: ${error}`
    ),
  };
}

export const command: Command = defineCommand({
  name: "nodes",
  usage: "[GROUP...]",
  description: "Lists the nodes of a service, running or not.",
  arguments: [0, Infinity],
  options: { "all-regions": allOptions["all-regions"] },
  examples: ["pallet nodes", "pallet nodes web --json", "pallet nodes --all-regions"],
  heeds: [...projectNames, ...serviceNames, "json"],
  async run({ options, args, terminal }) {
    const { groups } = groupsAndCounts(args, false);
    const service = serviceOptions(options, await loadProject(options, terminal), terminal);
    const { all, failures } = await listed(service, options["all-regions"]);
    for (const failure of failures) terminal.err.write(`${escapeLine(failure)}\n`);
    const nodes = groups === undefined
      ? all
      : all.filter((node) => node.group !== undefined && groups.includes(node.group));
    const of = groups === undefined ? "" : ` of group ${groups.map((group) => `"${group}"`).join(" or ")}`;
    const where = options["all-regions"] ? " in any region" : "";
    const none = `Service "${service.service.name}" has no nodes${of}${where}.`;
    showTable(nodes, [
      { title: "NAME", of: (node) => node.name },
      ...(options["all-regions"] ? [{ title: "REGION", of: (node: ListedNode) => node.region }] : []),
      { title: "GROUP", of: (node) => node.group },
      { title: "STATE", of: (node) => node.state },
      { title: "ADDRESS", of: (node) => node.primaryIp },
      { title: "PORT", of: (node) => node.sshPort },
      { title: "IMAGE", of: (node) => node.image },
      // The run that made it is long, and told by --json.
      { title: "TAGS", of: ({ tags: { run: _, ...tags } }) => pairs(tags) },
    ], { json: options.json, terminal, none });
    return failures.length === 0 ? 0 : 1;
  },
});
