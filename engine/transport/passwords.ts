// The passwords of a run: each is tried on one node first, and on no other once it was refused.
import { PalletError } from "../errors.ts";
import type { Secret } from "../secrets/secret.ts";

/** Gives the password of a user with which it becomes root; nothing when nobody knows it. */
export type PasswordSource = (user: string) => Promise<Secret | undefined>;

/** How a try of a password went; `unknown`: the connection ended before it was judged. */
export type Judgement = "right" | "wrong" | "unknown";

/** Leave to try a password on one node. */
export interface Trial {
  readonly password: Secret;
  /** Says how it went; only the first call counts. Others wait for it. */
  end(judgement: Judgement): void;
}

/** A node where nobody becomes root by trying again. */
export class BecomeError extends PalletError {}

/** What is known of one user's password. */
interface Known {
  right: boolean;
  /** Nodes that refused it. */
  readonly refused: string[];
  /** Ends when the one who tries it knows more. */
  trying: Promise<void> | undefined;
}

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

function refusedError(where: string, user: string, known: Known): BecomeError {
  const here = known.refused.includes(where);
  const first = known.refused[0] ?? where;
  return new BecomeError(
    here
      ? `Cannot become root on ${where}: the password of "${user}" was refused`
      : `Cannot become root on ${where}: the password of "${user}" was refused by ${first}, and is not tried again`,
    {
      kind: "unreachable",
      help: "It was tried once, so that no account is locked. Give the right one and run again.",
    },
  );
}

/** The passwords of a run. */
export class Passwords {
  readonly #source: PasswordSource;
  readonly #known = new Map<string, Known>();

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
    const known = this.#known.get(user) ?? { right: false, refused: [], trying: undefined };
    this.#known.set(user, known);
    while (known.trying !== undefined) await known.trying;
    if (known.refused.includes(where) || (!known.right && known.refused.length > 0)) {
      throw refusedError(where, user, known);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = !known.right;
    if (first) known.trying = promise;
    let over = false;
    const end = (judgement: Judgement) => {
      if (over) return;
      over = true;
      if (judgement === "right") known.right = true;
      if (judgement === "wrong") known.refused.push(where);
      if (first) known.trying = undefined;
      resolve();
    };
    try {
      return { password: await this.#read(user, where), end };
    } catch (thrown) {
      end("unknown");
      throw thrown;
    }
  }

  /** An error for a node that refused it. */
  refused(user: string, where: string): BecomeError {
    const known = this.#known.get(user) ?? { right: false, refused: [where], trying: undefined };
    return refusedError(where, user, known);
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
