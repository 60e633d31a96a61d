// What proves who logs in: the keys that are tried, in order, and what is said when none was taken.
// @ts-types="@types/ssh2"
import type { AnyAuthMethod } from "ssh2";
import { PalletError } from "../errors.ts";
import type { SettledRoute } from "./connection.ts";
import type { Identities } from "./identities.ts";
import { type Offer, offerMethod, type OfferOptions } from "./offers.ts";
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
  /** Keys that were good, and not enough. */
  readonly taken: string[] = [];
  readonly #user: string;
  readonly #left: { offer: Offer; how: OfferOptions }[];
  /** Methods that the server would take, once it has said so. */
  offered: readonly string[] = [];

  constructor({ route, identities }: AttemptOptions) {
    this.#user = route.user;
    const { offers } = identities;
    // OpenSSH before 9.9 tells of both kinds of RSA signatures, also where it takes only the other one.
    const again = offers.filter(({ type }) => type === "ssh-rsa").slice(0, 2);
    this.#left = [
      ...offers.map((offer, at) => ({ offer, how: { first: at === 0 } })),
      ...again.map((offer) => ({ offer, how: { algorithm: "rsa-sha2-512" } as const })),
    ];
  }

  /** The server refused, or wants more. */
  heard(methods: readonly string[], partial: boolean): void {
    this.offered = methods;
    const last = this.tried.at(-1);
    if (partial && last !== undefined) this.taken.push(last);
  }

  /** Without a probe for what is allowed: that would be one more round trip. */
  next(): AnyAuthMethod | false {
    if (this.offered.length > 0 && !this.offered.includes("publickey")) return false;
    const next = this.#left.shift();
    if (next === undefined) return false;
    const { offer, how } = next;
    if (how.algorithm === undefined) this.tried.push(offer.name);
    return offerMethod(this.#user, offer, how);
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
  const { tried, taken, offered } = attempts;
  const tooMany = said.some((text) => /too many authentication failures/i.test(text));
  const clauses = [
    tried.length > 0 ? `tried ${listed(tried)}` : "there is no key to try",
    ...identities.problems.map((problem) => `not used: ${problem}`),
    ...said,
    ...wants(taken, offered),
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

function wants(taken: readonly string[], offered: readonly string[]): readonly string[] {
  const methods = offered.join(", ");
  if (taken.length > 0) return [`it took ${listed(taken)}, and wants ${methods} besides`];
  return offered.length > 0 && !offered.includes("publickey") ? [`it takes ${methods} only`] : [];
}

function listed(names: readonly string[]): string {
  const rest = names.length - NAMES;
  return rest > 0 ? `${names.slice(0, NAMES).join(", ")} and ${rest} more` : names.join(", ");
}
