// Plans for users who become nobody: what only root can do is told while they are made, before a node is touched.
import type { TargetPlan } from "../plan/types.ts";
import type { Target } from "../spec/node.ts";
import { isMade } from "./actions.ts";
import { BOOTSTRAP_PHASE, isAdmins, isBootstrapped } from "./login.ts";
import type { Session } from "./session.ts";

/** Actions that a message has room for. */
const MOST = 5;

/** The name of the user who does a phase on a target without becoming root; nothing where that is not known. */
async function rootlessUser(session: Session, target: Target, phase: string): Promise<string | undefined> {
  const { become, username } = session.setup.userOf(target.groups[0] ?? "") ?? {};
  if (become !== "none" || username === undefined || username === "root") return undefined;
  if (target.node === undefined) return phase === BOOTSTRAP_PHASE ? undefined : username;
  const route = await session.tools.provider.route(target.node, session.soft);
  return route.kind === "ssh" && isAdmins(route, isBootstrapped(target)) ? username : undefined;
}

/**
 * Warns of actions that need root where nobody will be: where there is nothing to do they succeed, so that they are
 * refused by none but the node.
 */
export async function warnOfRoot(session: Session, plans: readonly TargetPlan[]): Promise<void> {
  for (const plan of plans) {
    const target = session.roster.get(plan.target);
    if (target === undefined || !isMade(plan)) continue;
    const needy = plan.actions.filter(({ kind }) => session.tools.definitions.get(kind)?.root === true);
    const user = needy.length === 0 ? undefined : await rootlessUser(session, target, plan.phase);
    if (user === undefined) continue;
    const named = needy.slice(0, MOST).map(({ title, origin }) => `${title} (${origin.file}:${origin.line})`);
    const more = needy.length > MOST ? ` and ${needy.length - MOST} more` : "";
    const text = `Only root can do this, and "${user}" stays "${user}" (become: none): ${
      named.join(", ")
    }${more}`;
    if (session.told.has(text)) continue;
    session.told.add(text);
    session.message("warn", text, plan.target);
  }
}
