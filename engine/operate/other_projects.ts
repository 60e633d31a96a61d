// Two projects of a workstation with groups of one name on one service: to its provider the nodes are the same.
import { isThere } from "../state/files.ts";
import type { Lock } from "../state/lock.ts";
import type { Session } from "./session.ts";
import { inGroups } from "./targets.ts";

/** Says of selected groups that have nodes whether another project has worked on them last. */
export async function warnOfOthers(session: Session, { before }: Lock, folder: string): Promise<void> {
  const { selected, service } = session.setup;
  for (const group of selected) {
    const other = before.get(group.name);
    if (other === undefined || other === folder) continue;
    const nodes = inGroups(session.roster.targets(), [group]);
    // A project that is not there any more was moved, or is gone.
    if (nodes.length === 0 || !await isThere(other)) continue;
    session.message(
      "warn",
      `Nodes of group "${group.name}" were last worked on by another project, in ${other}: both have a group of this ` +
        `name on service "${service}". Give one of them another name, or a service of its own`,
    );
  }
}
