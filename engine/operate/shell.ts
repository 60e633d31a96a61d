import { PalletError } from "../errors.ts";
import type { Provider } from "../provider/provider.ts";
import { didYouMean } from "../suggest.ts";
import type { Transport } from "../transport/connection.ts";
import { groupEnvironment, mergeEnvironments } from "../plan/environment.ts";
import { adminUserOf } from "./admin_user.ts";
import { BOOTSTRAPPED, routeAs } from "./connect.ts";
import { mergedLayers } from "./environment.ts";
import { shorten } from "./names.ts";
import type { ShellOptions } from "./options.ts";

/** Opens a shell on a node that is named by its name or its id. */
export async function shellOn(
  provider: Provider,
  transport: Transport,
  options: ShellOptions,
): Promise<number> {
  const nodes = await provider.nodes(options.signal);
  const node = nodes.find((one) => one.name === options.node) ?? nodes.find((one) => one.id === options.node);
  if (node === undefined) {
    const names = nodes.map((one) => one.name);
    throw new PalletError(
      `Service "${options.service.name}" has no node named "${options.node}".${
        didYouMean(options.node, names)
      }`,
      {
        kind: "usage",
        help: names.length === 0 ? "It has no nodes." : `Nodes there are: ${shorten(names)}.`,
      },
    );
  }
  if (node.state === "stopped" || node.state === "failed") {
    throw new PalletError(`Cannot open a shell on ${node.name}: it is ${node.state}`, {
      kind: "unreachable",
      help: "Converge its group to start it.",
    });
  }
  const route = await provider.route(node, options.signal);
  const layers = mergedLayers(options);
  const environment = groupEnvironment(mergeEnvironments(layers.map(({ values }) => values)), node.group);
  const admin = node.tags[BOOTSTRAPPED] === "true"
    ? await adminUserOf(node.group ?? "", environment, layers, options.adminUser, Deno.cwd())
    : undefined;
  return await transport.shell(routeAs(route, node.name, admin), options.command ?? [], options.signal);
}
