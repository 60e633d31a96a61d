import { PalletError } from "../errors.ts";
import { isPrivateKeyThere } from "../transport/key_file.ts";
import type { Route } from "../transport/connection.ts";
import type { EffectiveUser } from "./admin_user.ts";
import type { Session } from "./session.ts";

/**
 * That what logs in to nodes is in order on this machine, before a node is made or touched: the keys of admin users,
 * and ssh's configuration, as one node of each group has it.
 *
 * @throws {PalletError} of kind `config` that says what is wrong, and where that stands.
 */
export async function requireLogins(session: Session): Promise<void> {
  const { setup: { selected, userOf }, tools: { provider, transport } } = session;
  await Promise.all(selected.map(async ({ name }) => {
    const route = await someRoute(session, name);
    if (route?.kind === "local" || (route === undefined && !provider.capabilities.create)) return;
    await requireKey(name, userOf(name));
    if (route !== undefined && route.sshConfig !== false) await transport.settings(route);
  }));
}

/** How one node of a group is reached; nothing where there is none that can be. */
async function someRoute({ roster, tools, soft }: Session, group: string): Promise<Route | undefined> {
  const [node] = roster.targets().filter(({ groups }) => groups.includes(group))
    .flatMap((target) =>
      target.node?.state === "running" || target.node?.state === "unknown" ? target.node : []
    );
  try {
    return node === undefined ? undefined : await tools.provider.route(node, soft);
  } catch {
    return undefined; // told when it is connected to
  }
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
