import { PalletError } from "../errors.ts";
import { isPrivateKeyThere } from "../transport/key_file.ts";
import type { Session } from "./session.ts";

/**
 * That the keys with which admin users are to log in are there, before a node is made or touched. A public half alone
 * will do: an agent may have the other one.
 *
 * @throws {PalletError} of kind `config` that names the key and who says so.
 */
export async function requireKeys(session: Session): Promise<void> {
  const { selected, userOf } = session.setup;
  for (const { name } of selected) {
    const user = userOf(name);
    const { keyFile, keyOrigin } = user ?? {};
    if (keyFile === undefined || await isPrivateKeyThere(keyFile) || !await isBySsh(session, name)) continue;
    throw new PalletError(
      `Cannot find the private key "${keyFile}" with which ${
        user?.username === undefined ? "the admin user" : `"${user.username}"`
      } logs in to group "${name}"`,
      {
        kind: "config",
        help: "Name a key that is there (private-key), or make this one: " +
          `ssh-keygen -t ed25519 -f ${keyFile}`,
        ...(keyOrigin === undefined ? {} : { origin: keyOrigin }),
      },
    );
  }
}

/** Whether a group has nodes, or may get some, that are logged in to at all. */
async function isBySsh({ tools: { provider }, roster, soft }: Session, group: string): Promise<boolean> {
  if (provider.capabilities.create) return true;
  for (const { node, groups } of roster.targets()) {
    if (node === undefined || !groups.includes(group)) continue;
    if ((await provider.route(node, soft)).kind === "ssh") return true;
  }
  return false;
}
