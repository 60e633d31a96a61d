import { PalletError } from "../errors.ts";
import { failureOf } from "../failure.ts";
import type { Failure } from "../events.ts";
import type { Provider } from "../provider/provider.ts";
import type { Node, Target } from "../spec/node.ts";
import { settleAll } from "./concurrency.ts";
import { connectAll, disconnect } from "./connect.ts";
import { runPhase } from "./phase.ts";
import type { PhaseSettings } from "./phase_settings.ts";
import type { GroupCounts } from "./results.ts";
import type { Session } from "./session.ts";
import { inGroups } from "./targets.ts";

/** @throws {PalletError} when nodes are too many for a provider that cannot take any away. */
export function requireDestroy(provider: Provider, counts: readonly GroupCounts[]): void {
  const group = counts.find((one) => one.remove.length > 0);
  if (group === undefined || provider.capabilities.destroy) return;
  throw new PalletError(
    `Cannot remove nodes of group "${group.group}": ${provider.name} has existing machines only`,
    { kind: "usage", help: "Take the machines out of the service's configuration." },
  );
}

/**
 * Runs `destroy-server` on nodes that are about to go, while they can be reached. Answers with the nodes that may go:
 * one that cannot be reached may, one whose phase failed stays.
 */
async function farewell(
  session: Session,
  targets: readonly Target[],
  settings: PhaseSettings,
): Promise<readonly Target[]> {
  const having = inGroups(
    targets,
    session.setup.groups.filter(({ phases }) => "destroy-server" in phases),
  );
  if (having.length === 0) return targets;
  const running = having.filter((target) => target.node?.state === "running");
  await connectAll(session, running);
  for (const target of having) {
    if (session.roster.connections.has(target.name)) continue;
    session.message(
      "warn",
      `Phase "destroy-server" does not run on ${target.name}: it cannot be reached`,
      target.name,
    );
  }
  const reachable = running.flatMap((target) =>
    session.roster.connections.has(target.name) ? session.roster.get(target.name) ?? [] : []
  );
  const report = await runPhase(session, { phase: "destroy-server", args: {} }, reachable, settings);
  const failed = new Set(
    (report?.targets ?? []).filter((one) => one.result !== "ok").map((one) => one.target),
  );
  return targets.filter((target) => !failed.has(target.name));
}

/** Asks the provider what is still there of nodes that should have gone. */
async function remaining(provider: Provider, nodes: readonly Node[]): Promise<ReadonlySet<string>> {
  const ids = new Set((await provider.nodes()).map((node) => node.id));
  return new Set(nodes.filter((node) => ids.has(node.id)).map((node) => node.id));
}

/** Removes nodes, and looks whether they are gone. */
async function destroyNodes(session: Session, targets: readonly Target[]): Promise<readonly Node[]> {
  const { provider } = session.tools;
  const going = targets.flatMap((target) => target.node === undefined ? [] : [{ target, node: target.node }]);
  // An empty list must never reach a provider: it has been taken for "all" before.
  if (going.length === 0) return [];
  await settleAll(going.map(({ target }) => disconnect(session, target.name)));
  for (const { target } of going) {
    session.emit({ type: "node-removing", target: target.name, group: target.groups[0] ?? "" });
  }
  await session.kept();
  session.touch();
  let problem: Failure | undefined;
  try {
    await provider.destroy(going.map(({ node }) => node), session.hard);
  } catch (thrown) {
    problem = failureOf(thrown);
  }
  const left = await remaining(provider, going.map(({ node }) => node));
  const gone: Node[] = [];
  for (const { target, node } of going) {
    const group = target.groups[0] ?? "";
    if (left.has(node.id)) {
      const message = `Cannot remove ${target.name}: ${problem?.message ?? "it is still there"}`;
      const failure: Failure = { ...problem, kind: "provider", message };
      session.roster.lose(target.name, { result: "failed", failure });
      session.emit({ type: "node-failed", target: target.name, group, failure });
    } else {
      gone.push(node);
      session.roster.remove(target.name);
      session.emit({ type: "node-removed", target: target.name, group });
      await forget(session, node);
    }
  }
  if (problem !== undefined && left.size === 0) session.fail(problem);
  return gone;
}

/** A cache that cannot be cleaned holds the facts of a node that nobody asks for. */
async function forget(session: Session, node: Node): Promise<void> {
  try {
    await session.setup.factsCache?.forget(node.id);
  } catch (thrown) {
    session.message("debug", failureOf(thrown).message);
  }
}

/**
 * Removes nodes: their `destroy-server` phase first, then the machines, then a look whether they are gone.
 *
 * @param settings How the phase runs; nothing: it does not.
 */
export async function removeNodes(
  session: Session,
  counts: readonly GroupCounts[],
  settings: PhaseSettings | undefined,
): Promise<readonly Node[]> {
  const names = new Set(counts.flatMap((group) => group.remove));
  const targets = [...names].flatMap((name) => session.roster.get(name) ?? []);
  if (targets.length === 0) return [];
  const going = settings === undefined ? targets : await farewell(session, targets, settings);
  return session.soft.aborted ? [] : await destroyNodes(session, going);
}
