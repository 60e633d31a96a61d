import { PalletError } from "../../engine/errors.ts";
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

/** Milliseconds between two looks at a condition. */
const pollInterval = 30;

/** First line a server sends on a port, or `undefined` when there is none yet. */
async function greeting(address: string, port: number): Promise<string | undefined> {
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect({ hostname: address, port });
  } catch {
    return undefined;
  }
  const timer = setTimeout(() => connection.close(), 2000);
  try {
    const buffer = new Uint8Array(256);
    const length = await connection.read(buffer);
    clearTimeout(timer);
    connection.close();
    return length === null
      ? undefined
      : new TextDecoder().decode(buffer.subarray(0, length)).split(/\r?\n/)[0];
  } catch {
    clearTimeout(timer);
    return undefined;
  }
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, pollInterval));
  signal?.throwIfAborted();
}

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
    const line = await greeting(waiting.address, 22);
    waiting.signal?.throwIfAborted();
    if (line?.startsWith("SSH-") === true) break;
    if (!await waiting.running()) throw await failure(waiting, "it stopped while it was booting");
    if (performance.now() > until) {
      throw await failure(waiting, `sshd did not answer on port 22 within ${waiting.bootTimeout} seconds`);
    }
    await pause(waiting.signal);
  }
  yield { step: "host-key", message: "attested by the lab" };
  yield { step: "login", message: "by the lab's key" };
  yield { step: "done", message: "ready" };
}
