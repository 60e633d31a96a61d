// Logging in to nodes: as whom, for how long it is tried, and what is waited for there.
import { PalletError } from "../errors.ts";
import type { Node, Target } from "../spec/node.ts";
import type { FactsCache } from "../state/facts_cache.ts";
import { isGone } from "../state/owner.ts";
import type { Connection, Route } from "../transport/connection.ts";
import { LoginRefused } from "../transport/problems.ts";
import { type EffectiveUser, saysWho } from "./admin_user.ts";
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
  const { username, identities, keyOrigin, origin } = admin ?? {};
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
    ...(identities === undefined ? {} : { identities, identityOrigins: [keyOrigin] }),
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
    cloudInitTimeout: timings.cloudInit,
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

/**
 * Seconds for which a node that was just made may turn its first user away: keys are laid while it starts. Nothing
 * where its login is tried once: a password is not tried again.
 */
function firstLogin({ roster, setup }: Session, target: Target, route: Route): number | undefined {
  const hasPassword = route.kind === "ssh" && route.password !== undefined;
  if (!roster.fresh.has(target.name) || isBootstrapped(target) || hasPassword) return undefined;
  return setup.timings.firstLogin === 0 ? undefined : setup.timings.firstLogin;
}

/** What a node that let nobody in for so long is lost with. */
function neverLetIn(target: Target, seconds: number, why: PalletError): PalletError {
  const help = "The first user of its image may be another, or the key is not laid; " +
    "defaults.first-login-timeout gives it longer.";
  return new PalletError(`${target.name} did not let its first user in within ${seconds} s: ${why.message}`, {
    kind: "unreachable",
    help: why.help === undefined ? help : `${why.help} ${help}`,
    cause: why,
  });
}

/**
 * {@linkcode enter}, tried again where the node was just made, and where the run that is gone on with may have left it
 * out of reach for a while.
 */
export async function enterPatiently(session: Session, target: Target, node: Node): Promise<Connection> {
  const { setup, tools } = session;
  const route = await tools.provider.route(node, session.soft);
  const user = setup.userOf(target.groups[0] ?? "");
  const first = firstLogin(session, target, route);
  const back = patienceWith(session, node);
  const within = back ?? first;
  const attempt = () => enter(session, target, node, route, user, within);
  if (within === undefined) return await attempt();
  return await goOnTrying(attempt, {
    within,
    signal: session.soft,
    ...(back === undefined && first !== undefined
      ? { late: (why: PalletError) => neverLetIn(target, first, why) }
      : {}),
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
