// The passwords with which users become root in a run.
import { PalletError } from "../errors.ts";
import type { Secret } from "../secrets/secret.ts";
import { type End, Trials } from "./trials.ts";

/** Gives the password of a user with which it becomes root; nothing when nobody knows it. */
export type PasswordSource = (user: string) => Promise<Secret | undefined>;

/** Leave to try a password on one node. */
export interface Trial {
  readonly password: Secret;
  readonly end: End;
}

/** A node where nobody becomes root by trying again. */
export class BecomeError extends PalletError {}

/** Bytes that every sudo takes; what is longer would be cut, and its rest read by another. */
const LONGEST = 255;

function unusable(text: string): string | undefined {
  if (/[\n\r\0]/.test(text)) return "has a line end or a zero byte in it";
  return new TextEncoder().encode(text).length > LONGEST ? `is longer than ${LONGEST} bytes` : undefined;
}

/** How a password is given, for messages. */
export const GIVE_PASSWORD =
  "Give it with --ask-become-password or as become-password of admin-user, or let the user become root without one " +
  "(NOPASSWD in sudoers).";

/** The passwords of a run. */
export class Passwords {
  readonly #source: PasswordSource;
  readonly #trials = new Trials();

  constructor(source: PasswordSource) {
    this.#source = source;
  }

  /**
   * Leave to try a user's password on a node. While nobody knows whether it is right, one node at a time gets it; the
   * others wait.
   *
   * @throws {BecomeError} when there is no password, when it cannot be one, and when it was refused.
   */
  async take(user: string, where: string): Promise<Trial> {
    const end = await this.#trials.take(user, where);
    if (end === undefined) throw this.refused(user, where);
    try {
      return { password: await this.#read(user, where), end };
    } catch (thrown) {
      end("unknown");
      throw thrown;
    }
  }

  /** An error for a node that refused it, or that does not get it any more. */
  refused(user: string, where: string): BecomeError {
    const first = this.#trials.refusedBy(user, where);
    return new BecomeError(
      `Cannot become root on ${where}: the password of "${user}" was refused${
        first === undefined ? "" : ` by ${first}, and is not tried again`
      }`,
      {
        kind: "unreachable",
        help: "It was tried once, so that no account is locked. Give the right one and run again.",
      },
    );
  }

  async #read(user: string, where: string): Promise<Secret> {
    const password = await this.#source(user);
    if (password === undefined) {
      throw new BecomeError(
        `Cannot become root on ${where}: it wants a password of "${user}", and none is known`,
        {
          kind: "unreachable",
          help: GIVE_PASSWORD,
        },
      );
    }
    const problem = unusable(password.reveal());
    if (problem === undefined) return password;
    throw new BecomeError(`Cannot become root on ${where}: the password of "${user}" ${problem}`, {
      kind: "config",
      help: GIVE_PASSWORD,
    });
  }
}
