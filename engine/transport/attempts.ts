// What proves who logs in: the keys that are tried, in order, and what is said when none was taken.
// @ts-types="@types/ssh2"
import type { AnyAuthMethod } from "ssh2";
import { PalletError } from "../errors.ts";
import type { SettledRoute } from "./connection.ts";
import type { Identities } from "./identities.ts";
import { type Offer, offerMethod } from "./offers.ts";
import { whereIs } from "./problems.ts";

/** What may be tried, and where. */
export interface AttemptOptions {
  readonly route: SettledRoute;
  readonly identities: Identities;
}

/** Names that a message has room for. */
const NAMES = 8;

/** What a login tries, in order, and a line on how that went. */
export class Attempts {
  readonly tried: string[] = [];
  readonly #user: string;
  readonly #left: Offer[];
  /** Methods that the server would take, once it has said so. */
  offered: readonly string[] = [];

  constructor({ route, identities }: AttemptOptions) {
    this.#user = route.user;
    this.#left = [...identities.offers];
  }

  /** Without a probe for what is allowed: that would be one more round trip. */
  next(left: readonly string[] | null): AnyAuthMethod | false {
    if (left !== null) this.offered = left;
    if (left !== null && !left.includes("publickey")) return false;
    const offer = this.#left.shift();
    if (offer === undefined) return false;
    this.tried.push(offer.name);
    return offerMethod(this.#user, offer, this.tried.length === 1);
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
  const { tried, offered } = attempts;
  const tooMany = said.some((text) => /too many authentication failures/i.test(text));
  const clauses = [
    tried.length > 0 ? `tried ${listed(tried)}` : "there is no key to try",
    ...identities.problems.map((problem) => `not used: ${problem}`),
    ...said,
    ...(offered.length > 0 && !offered.includes("publickey") ? [`it takes ${offered.join(", ")} only`] : []),
  ];
  return new PalletError(`Cannot log in to ${whereIs(route)} as "${route.user}": ${clauses.join("; ")}`, {
    kind: "unreachable",
    help: tooMany
      ? `The server ends a login after so many keys (MaxAuthTries). Name the right private key in the service or as ` +
        "admin-user, which is tried first, or set IdentitiesOnly yes for it in ~/.ssh/config."
      : "Name the right user and private key in the service or as admin-user, or add the key to an ssh agent; " +
        "its public half must be in ~/.ssh/authorized_keys there.",
    cause,
  });
}

function listed(names: readonly string[]): string {
  const rest = names.length - NAMES;
  return rest > 0 ? `${names.slice(0, NAMES).join(", ")} and ${rest} more` : names.join(", ");
}
