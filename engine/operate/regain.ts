// Another connection in the place of a target's first one: the node starts again, or the line is to be proved.
import { PalletError } from "../errors.ts";
import { failureOf } from "../failure.ts";
import type { JsonObject } from "../json.ts";
import type { Connection } from "../transport/connection.ts";
import { routeOf } from "./connect.ts";
import { open } from "./login.ts";
import { goOnTrying, perAttempt } from "./patience.ts";
import type { Session } from "./session.ts";

/** What to wait for. */
export interface Regaining {
  /** Seconds to go on trying. */
  readonly within: number;
  /** The node must have started since it told this boot. */
  readonly afterBoot?: string;
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
  const { within, afterBoot } = wanted;
  const signal = session.hard;
  const connect = perAttempt(session.setup.timings.connect, within);
  try {
    const made = await goOnTrying(async () => {
      const made = await open(session, route, { connect, signal });
      if (made.facts.bootId !== afterBoot) return made;
      await made.close();
      throw new PalletError("it still runs as before", { kind: "unreachable" });
    }, { within, signal });
    return await replace(session, name, made);
  } catch (thrown) {
    if (!(thrown instanceof PalletError) || thrown.kind !== "unreachable") throw thrown;
    const what = afterBoot === undefined ? "could not be reached again" : "was not back after its restart";
    throw new PalletError(`${name} ${what} within ${within} s: ${thrown.message}`, {
      kind: "unreachable",
      help: `See its console, then go on: "pallet resume ${session.setup.run}".`,
      cause: thrown,
    });
  }
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
