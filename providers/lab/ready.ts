import { PalletError } from "../../engine/errors.ts";
import { pause } from "../../engine/pause.ts";
import { greeting } from "../../engine/provider/greeting.ts";
import type { Readiness } from "../../engine/provider/provider.ts";

/** What waiting needs to know of a node. */
export interface Waiting {
  readonly name: string;
  readonly address: string;
  readonly running: () => Promise<boolean>;
  /** The last of what the node said, for the message. */
  readonly console: () => Promise<string>;
  /** Seconds for the port. */
  readonly bootTimeout: number;
  readonly signal?: AbortSignal;
}

/** Seconds between two looks at a condition. */
const INTERVAL = 0.03;
/** Seconds in which sshd says its first line. */
const GREETING = 2;

async function failure(waiting: Waiting, what: string): Promise<PalletError> {
  const said = (await waiting.console()).trim();
  return new PalletError(`Node "${waiting.name}" is not ready: ${what}`, {
    kind: "provider",
    help: said === "" ? "It has said nothing on its console." : `The last it said:\n${said}`,
  });
}

/**
 * Steps until sshd of a node answers. Its host key and login need no waiting: both are laid in the node before its
 * init starts, and sshd starts after logins are allowed.
 *
 * @throws {PalletError} when the node stops meanwhile or the time limit ends.
 */
export async function* readiness(waiting: Waiting): AsyncGenerator<Readiness> {
  const until = performance.now() + waiting.bootTimeout * 1000;
  if (!await waiting.running()) throw await failure(waiting, "it is not running");
  yield { step: "running", message: "its init runs" };
  yield { step: "address", message: waiting.address };
  yield { step: "port", message: `waiting for sshd on ${waiting.address} port 22` };
  while (true) {
    const line = await greeting(waiting.address, 22, GREETING, waiting.signal);
    waiting.signal?.throwIfAborted();
    if (line?.startsWith("SSH-") === true) break;
    if (!await waiting.running()) throw await failure(waiting, "it stopped while it was booting");
    if (performance.now() > until) {
      throw await failure(waiting, `sshd did not answer on port 22 within ${waiting.bootTimeout} seconds`);
    }
    await pause(INTERVAL, waiting.signal);
  }
  yield { step: "host-key", message: "attested by the lab" };
  yield { step: "login", message: "by the lab's key" };
  yield { step: "done", message: "ready" };
}
