import { PalletError } from "../errors.ts";
import { algorithmsFor } from "../transport/algorithms.ts";
import { isPrivateKeyThere } from "../transport/key_file.ts";
import type { Node, Target } from "../spec/node.ts";
import type { Route, SshRoute, Transport } from "../transport/connection.ts";
import type { EffectiveUser } from "./admin_user.ts";
import { routeOf } from "./connect.ts";
import { glob } from "./names.ts";
import type { Session } from "./session.ts";

/**
 * That what logs in to nodes is in order on this machine, before a node is made or touched: keys, and ssh's
 * configuration, as the nodes of each group have them.
 *
 * @param limit Patterns of names of the nodes that will be touched; all unless told.
 *
 * @throws {PalletError} of kind `config` that says what is wrong, and where that stands.
 */
export async function requireLogins(session: Session, limit?: readonly string[]): Promise<void> {
  const { setup: { selected, userOf }, tools: { provider } } = session;
  await Promise.all(selected.map(async ({ name }) => {
    const route = await soundRoute(session, name);
    if (route?.kind === "local" || (route === undefined && !provider.capabilities.create)) return;
    await requireKey(name, userOf(name));
    await requireKeys(session, name, limit);
  }));
}

/** The nodes of a group that are there to be connected to. */
function nodesOf({ roster }: Session, group: string): readonly (Target & { readonly node: Node })[] {
  return roster.targets().flatMap(({ node, ...target }) =>
    target.groups.includes(group) && (node?.state === "running" || node?.state === "unknown")
      ? [{ ...target, node }]
      : []
  );
}

/**
 * How some node of a group is reached by a configuration that is in order; nothing where there is none that can be.
 * What is wrong for one node alone is told when that is connected to, what is wrong for all is thrown.
 */
async function soundRoute(
  session: Session,
  group: string,
): Promise<Route | undefined> {
  const { tools: { provider, transport }, soft } = session;
  let wrong: unknown;
  for (const { node } of nodesOf(session, group)) {
    const route = await provider.route(node, soft).catch(() => undefined);
    if (route === undefined) continue;
    try {
      if (route.kind === "ssh" && route.sshConfig !== false) {
        algorithmsFor(await transport.settings(route), []);
      }
      return route;
    } catch (thrown) {
      wrong ??= thrown;
    }
  }
  if (wrong !== undefined) throw wrong;
  return undefined;
}

/** A public half alone will do: an agent may have the other one. */
async function requireKey(group: string, user: EffectiveUser | undefined): Promise<void> {
  const { keyFile, keyOrigin, username } = user ?? {};
  if (keyFile === undefined || await isPrivateKeyThere(keyFile)) return;
  const who = username === undefined ? "the admin user" : `"${username}"`;
  throw new PalletError(
    `Cannot find the private key "${keyFile}" with which ${who} logs in to group "${group}"`,
    {
      kind: "config",
      help: `Name a key that is there (private-key), or make this one: ssh-keygen -t ed25519 -f ${keyFile}`,
      ...(keyOrigin === undefined ? {} : { origin: keyOrigin }),
    },
  );
}

/** Keys that are named for a group's nodes are there, and are such as a login can use. */
async function requireKeys(session: Session, group: string, limit?: readonly string[]): Promise<void> {
  const seen = new Set<string>();
  const limits = limit?.map(glob);
  for (const target of nodesOf(session, group)) {
    if (limits?.some((matches) => matches(target.name)) === false) continue;
    const route = await routeOf(session, target).catch(() => undefined);
    if (route?.kind !== "ssh") continue;
    const keys = route.identities.join("\n");
    if (seen.has(keys)) continue;
    seen.add(keys);
    await requireUsableKeys(session.tools.transport, route, target.name);
  }
}

/**
 * That the keys which a route names are such as a login can use.
 *
 * @throws {PalletError} of kind `config` that says why one is not, and where it is named.
 */
export async function requireUsableKeys(
  transport: Pick<Transport, "unusableKeys">,
  route: SshRoute,
  name: string,
): Promise<void> {
  if (route.identities.length === 0) return;
  // What else is wrong with its configuration is told when it is connected to.
  const unusable = await transport.unusableKeys(route).catch(() => undefined);
  for (const [key, why] of unusable ?? []) {
    const origin = route.identityOrigins?.[route.identities.indexOf(key)];
    throw new PalletError(
      `Cannot use the private key "${key}", with which ${name} is to be logged in to: ${why}`,
      { kind: "config", ...(origin === undefined ? {} : { origin }) },
    );
  }
}
