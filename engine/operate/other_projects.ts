// Two projects of a workstation with groups of one name on one service: to its provider the nodes are the same.
import { isThere } from "../state/files.ts";
import type { Lock } from "../state/lock.ts";
import type { Session } from "./session.ts";
import { inGroups } from "./targets.ts";

/** The folder of the project that worked on a group last, where that is another one which is still there. */
export async function otherProject(last: string | undefined, folder: string): Promise<string | undefined> {
  // A project that is not there any more was moved, or is gone.
  return last === undefined || last === folder || !await isThere(last) ? undefined : last;
}

/** Says of selected groups that have nodes whether another project has worked on them last. */
export async function warnOfOthers(session: Session, { before }: Lock, folder: string): Promise<void> {
  const { selected, service } = session.setup;
  for (const group of selected) {
    if (inGroups(session.roster.targets(), [group]).length === 0) continue;
    const other = await otherProject(before.get(group.name), folder);
    if (other === undefined) continue;
    const meaning = session.group(group.name) === undefined
      ? `the infra file of this one has no such group, so that they are most likely not its own`
      : `both have a group of this name on service "${service}". Give one of them another name, or a service of its own`;
    session.message(
      "warn",
      `Nodes of group "${group.name}" were last worked on by another project, in ${other}: ${meaning}`,
    );
  }
}
