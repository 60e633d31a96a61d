import { PalletError } from "../errors.ts";
import { isPrivateKeyThere } from "../transport/key_file.ts";
import type { Route } from "../transport/connection.ts";
import type { EffectiveUser } from "./admin_user.ts";
import type { Session } from "./session.ts";

/**
 * That what logs in to nodes is in order on this machine, before a node is made or touched: the keys of admin users,
 * and ssh's configuration, as the nodes of each group have it.
 *
 * @throws {PalletError} of kind `config` that says what is wrong, and where that stands.
 */
export async function requireLogins(session: Session): Promise<void> {
  const { setup: { selected, userOf }, tools: { provider } } = session;
  await Promise.all(selected.map(async ({ name }) => {
    const route = await soundRoute(session, name);
    if (route?.kind === "local" || (route === undefined && !provider.capabilities.create)) return;
    await requireKey(name, userOf(name));
  }));
}

/**
 * How some node of a group is reached by a configuration that is in order; nothing where there is none that can be.
 * What is wrong for one node alone is told when that is connected to, what is wrong for all is thrown.
 */
async function soundRoute(
  { roster, tools: { provider, transport }, soft }: Session,
  group: string,
): Promise<Route | undefined> {
  let wrong: unknown;
  for (const { groups, node } of roster.targets()) {
    if (!groups.includes(group) || (node?.state !== "running" && node?.state !== "unknown")) continue;
    const route = await provider.route(node, soft).catch(() => undefined);
    if (route === undefined) continue;
    try {
      if (route.kind === "ssh" && route.sshConfig !== false) await transport.settings(route);
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
