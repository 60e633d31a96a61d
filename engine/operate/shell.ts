import { PalletError } from "../errors.ts";
import type { Provider } from "../provider/provider.ts";
import { didYouMean } from "../suggest.ts";
import type { Node } from "../spec/node.ts";
import type { EnvironmentSummary } from "../spec/types.ts";
import type { Route, Transport } from "../transport/connection.ts";
import type { SshSettings } from "../transport/ssh_settings.ts";
import { groupEnvironment, mergeEnvironments } from "../plan/environment.ts";
import { adminUserOf } from "./admin_user.ts";
import { factsCache } from "../state/facts_cache.ts";
import { defaultDirectories } from "../state/directories.ts";
import { BOOTSTRAPPED, isAdmins, routeAs, wasBootstrapped } from "./login.ts";
import { requireUsableKeys } from "./logins.ts";
import { mergedLayers } from "./environment.ts";
import { shorten } from "./names.ts";
import type { ShellOptions, SshSettingsOptions } from "./options.ts";

/** A node, by its name or its id. */
async function nodeNamed(provider: Provider, options: SshSettingsOptions): Promise<Node> {
  const nodes = await provider.nodes(options.signal);
  const node = nodes.find((one) => one.name === options.node) ?? nodes.find((one) => one.id === options.node);
  if (node !== undefined) return node;
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

/** The route of a run to a node, as its admin user where it is set up. */
async function routeTo(
  provider: Provider,
  node: Node,
  options: SshSettingsOptions,
  exported: readonly EnvironmentSummary[] | undefined,
): Promise<Route> {
  const route = await provider.route(node, options.signal);
  const layers = mergedLayers(options, exported);
  const environment = groupEnvironment(mergeEnvironments(layers.map(({ values }) => values)), node.group);
  const user = await adminUserOf(node.group ?? "", environment, layers, options.adminUser, Deno.cwd());
  const { cache } = options.directories ?? defaultDirectories();
  const isSetUp = node.tags[BOOTSTRAPPED] === "true" ||
    await wasBootstrapped(
      factsCache(cache, options.service.name),
      provider.capabilities.tagStore,
      node,
    );
  const isAdmin = isAdmins(route, isSetUp);
  return routeAs(route, node.name, isAdmin ? user : undefined, user);
}

/** Opens a shell on a node that is named by its name or its id. */
export async function shellOn(
  provider: Provider,
  transport: Transport,
  options: ShellOptions,
  exported?: readonly EnvironmentSummary[],
): Promise<number> {
  const node = await nodeNamed(provider, options);
  if (node.state === "stopped" || node.state === "failed") {
    throw new PalletError(`Cannot open a shell on ${node.name}: it is ${node.state}`, {
      kind: "unreachable",
      help: "Converge its group to start it.",
    });
  }
  const route = await routeTo(provider, node, options, exported);
  if (route.kind === "ssh") await requireUsableKeys(transport, route, node.name);
  const forwarded = route.kind === "ssh" && options.forwardAgent === true
    ? { ...route, forwardAgent: true }
    : route;
  return await transport.shell(forwarded, options.command ?? [], options.signal);
}

/** How a node is reached and logged in to, and who says so. */
export async function settingsOn(
  provider: Provider,
  transport: Transport,
  options: SshSettingsOptions,
  exported?: readonly EnvironmentSummary[],
): Promise<SshSettings> {
  const node = await nodeNamed(provider, options);
  const route = await routeTo(provider, node, options, exported);
  if (route.kind === "ssh") return await transport.settings(route);
  throw new PalletError(`Node "${node.name}" is this machine: there is no ssh to it`, { kind: "usage" });
}
