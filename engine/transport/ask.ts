// Questions to whoever runs this.

/** Something that only a person knows. */
export interface Question {
  /** What the answer is: the first two are read without showing it. */
  readonly kind: "passphrase" | "become-password" | "host-key";
  /** What is shown, on one line, with what ends it: `Passphrase of ~/.ssh/id_ed25519: `. */
  readonly text: string;
}

/** Asks a person; nothing when nobody can answer, or nobody wants to. */
export type Ask = (question: Question) => Promise<string | undefined>;

/**
 * Asks one question at a time, and each of them once: whoever has the same question later gets the same answer.
 *
 * @example
 * ```ts
 * import { askOnce } from "./ask.ts";
 *
 * const ask = askOnce(() => Promise.resolve(crypto.randomUUID()));
 * const question = { kind: "passphrase", text: "Passphrase of id_rsa: " } as const;
 * console.assert(await ask(question) === await ask({ ...question }));
 * ```
 */
export function askOnce(ask: Ask): Ask {
  const answers = new Map<string, Promise<string | undefined>>();
  let last: Promise<unknown> = Promise.resolve();
  return (question) => {
    const key = `${question.kind} ${question.text}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = last.then(() => ask(question));
    answers.set(key, answer);
    last = answer.catch(() => {}); // whoever asked hears of it
    return answer;
  };
}
