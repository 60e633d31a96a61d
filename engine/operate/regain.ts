// Another connection in the place of a target's first one: the node starts again, or the line is to be proved.
import { PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { Connection, Route } from "../transport/connection.ts";
import { open, routeOf } from "./connect.ts";
import { failureOf } from "./failures.ts";
import type { Session } from "./session.ts";

/** Seconds between one attempt and the next. */
const PAUSE = 1;

/** What to wait for. */
export interface Regaining {
  /** Seconds to go on trying. */
  readonly within: number;
  /** The node must have started since it told this boot. */
  readonly afterBoot?: string;
}

async function pause(session: Session): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, PAUSE * 1000);
  const stop = () => resolve();
  session.hard.addEventListener("abort", stop, { once: true });
  await promise;
  clearTimeout(timer);
  session.hard.removeEventListener("abort", stop);
}

/** Once: a connection, or why there is none. @throws what no later attempt could mend. */
async function attempt(session: Session, route: Route, within: number): Promise<Connection | PalletError> {
  try {
    const connect = Math.min(session.setup.timings.connect, Math.max(2, within / 4));
    return await open(session, route, { connect, signal: session.hard });
  } catch (thrown) {
    if (thrown instanceof PalletError && thrown.kind === "unreachable") return thrown;
    throw thrown;
  }
}

/**
 * Opens another connection to a target, as often as it takes, and closes the one that it had.
 *
 * @throws {PalletError} of kind `unreachable` when that did not succeed in time.
 */
export async function regain(session: Session, name: string, wanted: Regaining): Promise<Connection> {
  const { roster } = session;
  const target = roster.get(name);
  if (target === undefined) throw new PalletError(`There is no target ${name}`, { kind: "internal" });
  const route = await routeOf(session, target, session.hard);
  const deadline = performance.now() + wanted.within * 1000;
  let last: PalletError | undefined;
  while (!session.hard.aborted) {
    const made = await attempt(session, route, wanted.within);
    if (made instanceof PalletError) last = made;
    else if (made.facts.bootId !== wanted.afterBoot) return await replace(session, name, made);
    else {
      last = undefined;
      await made.close();
    }
    if (performance.now() > deadline) break;
    await pause(session);
  }
  session.hard.throwIfAborted();
  const why = last === undefined ? "it still runs as before" : last.message;
  const what = wanted.afterBoot === undefined
    ? "could not be reached again"
    : "was not back after its restart";
  throw new PalletError(`${name} ${what} within ${wanted.within} s: ${why}`, {
    kind: "unreachable",
    help: `See its console, then go on: "pallet resume ${session.setup.run}".`,
    ...(last === undefined ? {} : { cause: last }),
  });
}

/** Puts a connection in the place of the one before, which is closed: what goes wrong there changes nothing. */
async function replace(session: Session, name: string, made: Connection): Promise<Connection> {
  const { roster } = session;
  const before = roster.connections.get(name);
  roster.connections.set(name, made);
  roster.learn(name, made.facts);
  // From JSON and back: facts are plain data, and events must be.
  const facts: JsonObject = JSON.parse(JSON.stringify(made.facts));
  session.emit({ type: "node-connected", target: name, facts });
  try {
    await before?.close();
  } catch (thrown) {
    session.message("debug", failureOf(thrown).message, name);
  }
  return made;
}
