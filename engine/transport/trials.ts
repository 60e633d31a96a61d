// Passwords are tried on one node first, and on no other once it was refused: each wrong try may lock an account.

/** How a try of a password went; `unknown`: the connection ended before it was judged. */
export type Judgement = "right" | "wrong" | "unknown";

/** Says how a try went; only the first call counts. Others wait for it. */
export type End = (judgement: Judgement) => void;

/** What is known of one password. */
interface Known {
  right: boolean;
  /** Nodes that refused it, in order. */
  readonly refused: string[];
  /** Ends when the one who tries it knows more. */
  trying: Promise<void> | undefined;
}

/** What a run knows of its passwords, each by a key of its own. */
export class Trials {
  readonly #known = new Map<string, Known>();

  /**
   * Leave to try a password on a node; nothing when it was refused, see {@linkcode Trials.refused}. While nobody knows
   * whether it is right, one node at a time gets it; the others wait.
   */
  async take(key: string, where: string): Promise<End | undefined> {
    const known = this.#known.get(key) ?? { right: false, refused: [], trying: undefined };
    this.#known.set(key, known);
    while (known.trying !== undefined) await known.trying;
    if (known.refused.includes(where) || (!known.right && known.refused.length > 0)) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = !known.right;
    if (first) known.trying = promise;
    let over = false;
    return (judgement) => {
      if (over) return;
      over = true;
      if (judgement === "right") known.right = true;
      if (judgement === "wrong") known.refused.push(where);
      if (first) known.trying = undefined;
      resolve();
    };
  }

  /** The node that refused a password before others could get it; nothing where this very one did. */
  refusedBy(key: string, where: string): string | undefined {
    const refused = this.#known.get(key)?.refused ?? [];
    return refused.includes(where) ? undefined : refused[0];
  }
}
