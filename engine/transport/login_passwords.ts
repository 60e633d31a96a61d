// Passwords of first users: how a machine is logged in to that has no key of ours yet.
import { PalletError } from "../errors.ts";
import type { Credential } from "../secrets/credential.ts";
import type { Secret } from "../secrets/secret.ts";
import type { SettledRoute } from "./connection.ts";
import { whereIs } from "./problems.ts";
import { type End, Trials } from "./trials.ts";

/** Reads a password of a user from its place. */
export type LoginPasswordSource = (place: Credential, user: string) => Promise<Secret>;

/** Leave to try it, or who refused it already; the word is absent where this node did. */
export type LoginTurn =
  | { readonly password: Secret; readonly end: End }
  | { readonly refusedBy: string | undefined };

/** The password that one login may be made with. */
export interface LoginPassword {
  /** @throws {PalletError} of kind `config` when it cannot be read, or cannot be a password. */
  take(): Promise<LoginTurn>;
}

/** The passwords of a run: each is tried on one node first, and on no other once it was refused. */
export class LoginPasswords {
  readonly #source: LoginPasswordSource;
  readonly #trials = new Trials();

  constructor(source: LoginPasswordSource) {
    this.#source = source;
  }

  /** The password of a route's user, if the route has one. */
  of(route: SettledRoute): LoginPassword | undefined {
    const { password: place } = route;
    return place === undefined ? undefined : { take: () => this.#take(route, place) };
  }

  async #take(route: SettledRoute, place: Credential): Promise<LoginTurn> {
    const { user } = route;
    const [key, where] = [JSON.stringify([user, place]), whereIs(route)];
    const end = await this.#trials.take(key, where);
    if (end === undefined) return { refusedBy: this.#trials.refusedBy(key, where) };
    try {
      const password = await this.#source(place, user);
      if (!/[\n\r\0]/.test(password.reveal())) return { password, end };
      throw new PalletError(
        `Cannot log in to ${where} as "${user}": its password has a line end or a zero byte in it`,
        { kind: "config" },
      );
    } catch (thrown) {
      end("unknown");
      throw thrown;
    }
  }
}
