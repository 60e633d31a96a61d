import type { PlannedAction } from "../actions/action.ts";
import { failureOf } from "../failure.ts";
import { execScript } from "../actions/list.ts";
import type { PhaseCall } from "../plan/types.ts";
import { sh } from "../script/sh.ts";
import type { Target } from "../spec/node.ts";
import { saysWho } from "./admin_user.ts";
import { settleAll } from "./concurrency.ts";
import { connectAll, disconnect } from "./connect.ts";
import { BOOTSTRAP_PHASE, BOOTSTRAPPED, isBootstrapped } from "./login.ts";
import { afterNaming, namingActions } from "./host_name.ts";
import { runPhase } from "./phase.ts";
import type { PhaseSettings } from "./phase_settings.ts";
import type { PhaseReport } from "./results.ts";
import type { Session } from "./session.ts";

/** The phase that runs once in the life of a node. */
export const BOOTSTRAP: PhaseCall = { phase: BOOTSTRAP_PHASE, args: {} };

/** The action that keeps the tag on the node: the last of its bootstrap, so that it stands only when all succeeded. */
function tagAction(): PlannedAction {
  // Below the state of the loop on the node, which is elsewhere for a user who does not become root.
  const action = execScript(sh`
    state=/var/lib/pallet
    [ "$(id -u)" = 0 ] || state=$HOME/.local/state/pallet/node
    install -d -m 0700 "$state/tags" && printf %s true >"$state/tags/"${BOOTSTRAPPED}
  `);
  return {
    kind: action.kind,
    args: action.args,
    origin: action.origin,
    id: "pallet:bootstrapped",
    title: "note that the node is bootstrapped",
  };
}

/** Tags a node by its provider; without the tag it would be bootstrapped again, which is said. */
async function tag(session: Session, target: Target): Promise<void> {
  const { provider } = session.tools;
  const { node } = target;
  if (node === undefined) return;
  const tags = { [BOOTSTRAPPED]: "true" };
  try {
    const inNode = provider.capabilities.tagStore === "node";
    if (provider.capabilities.tag && !inNode) await provider.tag(node, tags, session.hard);
    if (provider.capabilities.tag || inNode) {
      session.roster.put({ ...target, node: { ...node, tags: { ...node.tags, ...tags } } });
    }
  } catch (thrown) {
    const failure = failureOf(thrown);
    session.fail(failure);
    session.message("error", `${target.name} will be bootstrapped again: ${failure.message}`, target.name);
  }
}

/** Logs in again as the admin user, whom the bootstrap phase has made. */
async function reconnectAsAdmin(session: Session, names: readonly string[]): Promise<void> {
  const targets = names.flatMap((name) => session.roster.get(name) ?? [])
    .filter((target) => saysWho(session.setup.userOf(target.groups[0] ?? "")));
  await settleAll(targets.map(({ name }) => disconnect(session, name)));
  await connectAll(session, targets);
}

/**
 * Bootstraps nodes, and notes on each that succeeded that it is; one that failed is bootstrapped again by the next
 * run.
 *
 * @param call With the arguments of the caller, when bootstrap was asked for by name.
 */
export async function bootstrap(
  session: Session,
  targets: readonly Target[],
  settings: PhaseSettings,
  call: PhaseCall = BOOTSTRAP,
): Promise<PhaseReport | undefined> {
  const inNode = session.tools.provider.capabilities.tagStore === "node";
  const extra = (target: Target) =>
    settings.check ? {} : { first: namingActions(target), last: inNode ? [tagAction()] : [] };
  const report = await runPhase(session, call, targets, settings, extra);
  if (report === undefined || settings.check) return report;
  for (const one of report.targets) {
    const target = session.roster.get(one.target);
    if (target !== undefined) session.roster.put(afterNaming(target, one));
  }
  const done = report.targets.filter((one) => one.result === "ok").map((one) => one.target);
  await settleAll(done.flatMap((name) => {
    const target = session.roster.get(name);
    return target === undefined ? [] : [tag(session, target)];
  }));
  await reconnectAsAdmin(session, done);
  return report;
}

/** Targets that are not bootstrapped yet. */
export function unbootstrapped(targets: readonly Target[]): readonly Target[] {
  return targets.filter((target) => !isBootstrapped(target));
}
