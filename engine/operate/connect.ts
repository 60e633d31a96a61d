import { failureOf } from "../failure.ts";
import type { JsonObject } from "../json.ts";
import type { Node, Target } from "../spec/node.ts";
import type { Connection, Route } from "../transport/connection.ts";
import { settleAll } from "./concurrency.ts";
import { enterPatiently, isAdmins, isBootstrapped, routeAs } from "./login.ts";
import { requireOpenFiles } from "./open_files.ts";
import type { Session } from "./session.ts";

/** Ends a target's connection, if there is one. */
export async function disconnect(session: Session, name: string): Promise<void> {
  const connection = session.roster.connections.get(name);
  session.roster.connections.delete(name);
  await connection?.close();
}

/** How a target is reached, by whoever logs in to it now; one without a node is this workstation. */
export async function routeOf(
  session: Session,
  target: Target,
  signal: AbortSignal = session.soft,
): Promise<Route> {
  const { tools, setup } = session;
  if (target.node === undefined) return { kind: "local" };
  const route = await tools.provider.route(target.node, signal);
  const user = setup.userOf(target.groups[0] ?? "");
  const admin = isAdmins(route, isBootstrapped(target)) ? user : undefined;
  return routeAs(route, target.name, admin, user);
}

async function connectOne(session: Session, target: Target, comeUp: ComeUp | undefined): Promise<void> {
  const { roster } = session;
  if (target.node === undefined || roster.connections.has(target.name)) return;
  try {
    const { node } = target;
    const connection = await enterPatiently(session, target, node).catch(async (thrown: unknown) => {
      // One of this run has come up already.
      const willNotComeUp = comeUp === undefined || isBootstrapped(target) || roster.fresh.has(target.name);
      if (willNotComeUp || failureOf(thrown).kind !== "unreachable") throw thrown;
      await comeUp(session, node);
      return await enterPatiently(session, target, node);
    });
    roster.connections.set(target.name, connection);
    roster.learn(target.name, connection.facts);
    // From JSON and back: facts are plain data, and events must be.
    const facts: JsonObject = JSON.parse(JSON.stringify(connection.facts));
    session.emit({ type: "node-connected", target: target.name, facts });
    await keep(session, target.node.id, connection);
  } catch (thrown) {
    const failure = failureOf(thrown);
    const gone = failure.kind === "unreachable";
    roster.lose(target.name, { result: gone ? "unreachable" : "failed", failure });
    const group = target.groups[0] ?? "";
    session.emit({ type: "node-failed", target: target.name, group, failure });
  }
}

/** Keeps a node's facts for plans that do not ask it; a cache that cannot be written costs nothing else. */
async function keep(session: Session, nodeId: string, connection: Connection): Promise<void> {
  try {
    await session.setup.factsCache?.write(nodeId, connection.facts);
  } catch (thrown) {
    session.message("debug", failureOf(thrown).message);
  }
}

/** Waits until a node can be logged in to. */
type ComeUp = (session: Session, node: Node) => Promise<void>;

/**
 * Connects to targets at once and learns their facts. One that does not answer is lost for this run, named; the
 * others go on.
 *
 * @param comeUp How one that does not answer and is not bootstrapped is waited for: a run that ended may have left it
 * while it came up.
 * @throws {PalletError} of kind `config` when they are more than this process may connect to.
 */
export async function connectAll(
  session: Session,
  targets: readonly Target[],
  comeUp?: ComeUp,
): Promise<void> {
  await requireOpenFiles(session.roster.connections.size + targets.length);
  await settleAll(targets.map((target) => connectOne(session, target, comeUp)));
}

/** Ends all connections; what goes wrong there changes no result. */
export async function disconnectAll(session: Session): Promise<void> {
  const names = [...session.roster.connections.keys()];
  await Promise.all(names.map(async (name) => {
    try {
      await disconnect(session, name);
    } catch (thrown) {
      session.message("debug", failureOf(thrown).message, name);
    }
  }));
}
