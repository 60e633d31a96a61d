import type { Secret } from "./secret.ts";
import type { SecretSource } from "./source.ts";

/** Asks a person for a secret, without showing it; nothing when nobody answers. */
export type AskSecret = (name: string) => Promise<Secret | undefined>;

/** Secrets that whoever runs this types, one question at a time. */
export function promptSource(ask: AskSecret | undefined): SecretSource {
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: "prompt",
    asks: true,
    ...(ask === undefined ? { advice: () => "typing it, where this is run on a terminal" } : {}),
    read: async (name) => {
      const answer = last.then(() => ask?.(name));
      last = answer.catch(() => undefined); // whoever asked hears of it
      const typed = (await answer)?.reveal();
      return typed === "" ? undefined : typed;
    },
    close: () => Promise.resolve(),
  };
}
