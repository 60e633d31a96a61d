// What proves who logs in: the keys that are tried, in order, and what is said when none was taken.
// @ts-types="@types/ssh2"
import type { AnyAuthMethod } from "ssh2";
import { PalletError } from "../errors.ts";
import type { SettledRoute } from "./connection.ts";
import type { Identities } from "./identities.ts";
import { whereIs } from "./problems.ts";

/** What may be tried, and where. */
export interface AttemptOptions {
  readonly route: SettledRoute;
  readonly identities: Identities;
  /** Socket of an ssh agent. */
  readonly agentSocket?: string;
}

/** What a login tries, in order, and a line on how that went. */
export class Attempts {
  readonly tried: string[] = [];
  readonly #methods: { method: AnyAuthMethod; name: string }[];
  /** Methods that the server would take, once it has said so. */
  offered: readonly string[] = [];

  constructor({ route, identities, agentSocket }: AttemptOptions) {
    const username = route.user;
    this.#methods = identities.keys.map(({ path, key }) => ({
      method: { type: "publickey", username, key },
      name: path,
    }));
    if (agentSocket !== undefined) {
      this.#methods.push({
        method: { type: "agent", username, agent: agentSocket },
        name: `the keys of the agent ${agentSocket}`,
      });
    }
  }

  /** Without a probe for what is allowed: that would be one more round trip. */
  next(left: readonly string[] | null): AnyAuthMethod | false {
    if (left !== null) this.offered = left;
    if (left !== null && !left.includes("publickey")) return false;
    const next = this.#methods.shift();
    if (next === undefined) return false;
    this.tried.push(next.name);
    return next.method;
  }
}

/** Why nobody was let in, with all that was tried. */
export function authError(
  options: AttemptOptions,
  attempts: Attempts,
  said: readonly string[],
  cause: unknown,
): PalletError {
  const { route, identities } = options;
  const tried = attempts.tried.length > 0 ? `tried ${attempts.tried.join(", ")}` : "there is no key to try";
  const notes = [...identities.problems.map((problem) => `not used: ${problem}`), ...said];
  const offered = attempts.offered.length > 0 && !attempts.offered.includes("publickey")
    ? `; it takes ${attempts.offered.join(", ")} only`
    : "";
  return new PalletError(
    `Cannot log in to ${whereIs(route)} as "${route.user}": ${[tried, ...notes].join("; ")}${offered}`,
    {
      kind: "unreachable",
      help:
        "Name the right user and private key in the service or as admin-user, or add the key to an ssh agent; " +
        "its public half must be in ~/.ssh/authorized_keys there.",
      cause,
    },
  );
}
