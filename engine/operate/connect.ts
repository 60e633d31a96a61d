import { failureOf } from "../failure.ts";
import type { Node, Target } from "../spec/node.ts";
import type { FactsCache } from "../state/facts_cache.ts";
import { LoginRefused } from "../transport/problems.ts";
import type { Connection, Route } from "../transport/connection.ts";
import type { JsonObject } from "../json.ts";
import { isGone } from "../state/owner.ts";
import { settleAll } from "./concurrency.ts";
import { type EffectiveUser, saysWho } from "./admin_user.ts";
import { requireOpenFiles } from "./open_files.ts";
import { goOnTrying, perAttempt } from "./patience.ts";
import { patienceWith } from "./restarting.ts";
import type { Session } from "./session.ts";

/** Tag of nodes whose bootstrap phase succeeded. */
export const BOOTSTRAPPED = "bootstrapped";

/** Phase that the first user of a node does. */
export const BOOTSTRAP_PHASE = "bootstrap";

/** Whether a node's bootstrap phase succeeded before. */
export function isBootstrapped(target: Target): boolean {
  return target.node?.tags[BOOTSTRAPPED] === "true";
}

/** Whether the admin user logs in: to nodes that are set up, and where nobody has told of a first user. */
export function isAdmins(route: Route, bootstrapped: boolean): boolean {
  return bootstrapped || (route.kind === "ssh" && route.user === undefined);
}

/**
 * The route to a node, by its name in messages, with the admin user in place of the node's first user.
 *
 * @param admin nothing: the node's first user logs in
 * @param says what is done with host keys that nobody has told of, whoever logs in
 */
export function routeAs(
  route: Route,
  name: string,
  admin: EffectiveUser | undefined,
  { hostKeys, hostKeysFrom }: Pick<EffectiveUser, "hostKeys" | "hostKeysFrom"> = admin ?? {},
): Route {
  const become = admin?.become === undefined ? {} : { become: admin.become };
  if (route.kind === "local") return { ...route, ...become };
  const { username, identities, origin } = admin ?? {};
  const says = origin === undefined ? admin?.from : `${origin.file}:${origin.line}`;
  const from = {
    ...route.from,
    ...(username === undefined || says === undefined ? {} : { user: says }),
    ...(identities === undefined || says === undefined ? {} : { identities: says }),
    ...(hostKeysFrom === undefined ? {} : { hostKeys: hostKeysFrom }),
  };
  const { password, ...others } = route;
  // It is the first user's own.
  const isFirst = username === undefined || username === route.user;
  return {
    ...others,
    ...(password === undefined || !isFirst ? {} : { password }),
    ...become,
    name,
    ...(username === undefined ? {} : { user: username }),
    ...(identities === undefined ? {} : { identities }),
    ...(hostKeys === undefined ? {} : { hostKeyChoice: hostKeys }),
    ...(Object.keys(from).length === 0 ? {} : { from }),
  };
}

/** Opens a connection by a route, under the run's hold on the node. */
export async function open(
  session: Session,
  route: Route,
  { connect, signal }: { readonly connect?: number; readonly signal?: AbortSignal } = {},
): Promise<Connection> {
  const { run, holder, owner, timings } = session.setup;
  const target = route.kind === "ssh" ? route.name : undefined;
  const connection = await session.tools.transport.connect(route, {
    lease: { run, holder, seconds: timings.lease, ...(owner === undefined ? {} : { owner }) },
    leaseWait: timings.leaseWait,
    isGone,
    connectTimeout: connect ?? timings.connect,
    reconnectTimeout: timings.reconnect,
    onStarting: () => {
      if (target === undefined) return;
      const message = "waiting until its first start is done";
      session.emit({ type: "node-progress", target, step: "cloud-init", message });
    },
    signal: signal ?? session.soft,
  });
  const { reconnects } = connection.counts;
  if (reconnects > 0) {
    session.message(
      "debug",
      `connected at attempt ${reconnects + 1}: the others were cut or turned away`,
      target,
    );
  }
  return connection;
}

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

/**
 * Logs in as the admin user to a node that is set up, as its first user otherwise. Of one that keeps that on itself
 * only an earlier run may have told; it may have been made anew since, and then its first user is tried after all.
 */
async function enter(
  session: Session,
  target: Target,
  node: Node,
  route: Route,
  user: EffectiveUser | undefined,
  within: number | undefined,
): Promise<Connection> {
  const { tools, setup } = session;
  const limit = within === undefined ? {} : { connect: perAttempt(setup.timings.connect, within) };
  const { tagStore } = tools.provider.capabilities;
  const asAdmin = routeAs(route, target.name, user, user);
  const asFirst = routeAs(route, target.name, undefined, user);
  if (isAdmins(route, isBootstrapped(target))) return await open(session, asAdmin, limit);
  if (!saysWho(user) || !await wasBootstrapped(setup.factsCache, tagStore, node)) {
    return await open(session, asFirst, limit);
  }
  try {
    return await open(session, asAdmin, limit);
  } catch (thrown) {
    if (!(thrown instanceof LoginRefused)) throw thrown;
    session.message("debug", `${thrown.message}; its first user is tried`, target.name);
    return await open(session, asFirst, limit);
  }
}

/** Whether a node that keeps its tags on itself said in an earlier run that it is bootstrapped. */
export async function wasBootstrapped(
  cache: FactsCache | undefined,
  tagStore: "node" | undefined,
  node: Node,
): Promise<boolean> {
  if (tagStore !== "node") return false;
  const facts = await cache?.read(node.id);
  return facts?.tags?.[BOOTSTRAPPED] === "true";
}

/** Seconds for which a node that was just made may turn its first user away: keys are laid while it starts. */
const FIRST_LOGIN = 60;

/** Seconds for which a first login may be tried; nothing where it is tried once: a password is not tried again. */
function firstLogin({ roster }: Session, target: Target, route: Route): number | undefined {
  const hasPassword = route.kind === "ssh" && route.password !== undefined;
  return roster.fresh.has(target.name) && !isBootstrapped(target) && !hasPassword ? FIRST_LOGIN : undefined;
}

/**
 * {@linkcode enter}, tried again where the node was just made, and where the run that is gone on with may have left it
 * out of reach for a while.
 */
async function enterPatiently(session: Session, target: Target, node: Node): Promise<Connection> {
  const { setup, tools } = session;
  const route = await tools.provider.route(node, session.soft);
  const user = setup.userOf(target.groups[0] ?? "");
  const first = firstLogin(session, target, route);
  const within = patienceWith(session, node) ?? first;
  const attempt = () => enter(session, target, node, route, user, within);
  if (within === undefined) return await attempt();
  return await goOnTrying(attempt, {
    within,
    signal: session.soft,
    failed: ({ message: reason }) => {
      const message = `waiting until its first user may log in: ${reason}`;
      session.emit(
        first === undefined
          ? { type: "node-reconnecting", target: target.name, reason }
          : { type: "node-progress", target: target.name, step: "login", message },
      );
    },
  });
}

async function connectOne(session: Session, target: Target, comeUp: ComeUp | undefined): Promise<void> {
  const { roster } = session;
  if (target.node === undefined || roster.connections.has(target.name)) return;
  try {
    const { node } = target;
    const connection = await enterPatiently(session, target, node).catch(async (thrown: unknown) => {
      if (comeUp === undefined || isBootstrapped(target) || failureOf(thrown).kind !== "unreachable") {
        throw thrown;
      }
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
