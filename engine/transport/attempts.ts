// What proves who logs in: the keys that are tried, in order, then a password, and what is said when none was taken.
// @ts-types="@types/ssh2"
import type { AnyAuthMethod, KeyboardInteractiveCallback, Prompt } from "ssh2";
import { PalletError } from "../errors.ts";
import type { SettledRoute } from "./connection.ts";
import type { Identities } from "./identities.ts";
import type { LoginPassword, LoginTurn } from "./login_passwords.ts";
import { type Offer, offerMethod, type OfferOptions } from "./offers.ts";
import { NEW_PASSWORD, oneLine, whereIs } from "./problems.ts";

/** What may be tried, and where. */
export interface AttemptOptions {
  readonly route: SettledRoute;
  readonly identities: Identities;
  /** Tried after the keys, where the server takes passwords. */
  readonly password?: LoginPassword;
}

/** Names that a message has room for. */
const NAMES = 8;

/** Keys that are tried before a password: a server ends a login after six attempts by default. */
const BEFORE_PASSWORD = 4;

/** Ways to send a password, the plainer first: one that asks may ask for something else. */
const BY_PASSWORD = ["password", "keyboard-interactive"] as const;

/** What a login tries, in order, and a line on how that went. */
export class Attempts {
  readonly tried: string[] = [];
  /** Keys that were good, and not enough. */
  readonly taken: string[] = [];
  /** How it went with the password, in words. */
  readonly ofPassword: string[] = [];
  readonly #user: string;
  readonly #password: LoginPassword | undefined;
  readonly #stuck: () => void;
  readonly #left: { offer: Offer; how: OfferOptions }[];
  /** Methods that the server would take, once it has said so. */
  offered: readonly string[] = [];
  #asked = false;
  #turn: LoginTurn | undefined;
  /** Whether the password went out, and was not judged yet. */
  #sent = false;
  #over = false;

  /** @param stuck what happens when the server asks for something that nobody can answer */
  constructor({ route, identities, password }: AttemptOptions, stuck: () => void) {
    this.#stuck = stuck;
    this.#user = route.user;
    this.#password = password;
    const { offers } = identities;
    // OpenSSH before 9.9 tells of both kinds of RSA signatures, also where it takes only the other one.
    const again = offers.filter(({ type }) => type === "ssh-rsa").slice(0, 2);
    const all = [
      ...offers.map((offer, at) => ({ offer, how: { first: at === 0 } })),
      ...again.map((offer) => ({ offer, how: { algorithm: "rsa-sha2-512" } as const })),
    ];
    this.#left = password === undefined ? all : all.slice(0, BEFORE_PASSWORD);
  }

  /** The server refused, or wants more. */
  heard(methods: readonly string[], partial: boolean): void {
    this.offered = methods;
    if (this.#sent) return this.#judged(partial);
    const last = this.tried.at(-1);
    if (partial && last !== undefined) this.taken.push(last);
  }

  /** Without a probe for what is allowed, unless a password is all there is: that would be one more round trip. */
  async next(): Promise<AnyAuthMethod | false> {
    return this.#nextKey() ?? await this.#nextPassword();
  }

  /** The password was right, and may not be used before it is changed. */
  expired(): void {
    this.ofPassword.push("its password has expired, and must be changed before anything else");
    this.#end("right");
    this.#sent = false;
  }

  /** The login is over; others may know whether the password was right. */
  close(entered: boolean): void {
    this.#over = true;
    this.#end(entered && this.#sent ? "right" : "unknown");
  }

  #nextKey(): AnyAuthMethod | undefined {
    if (this.offered.length > 0 && !this.offered.includes("publickey")) return undefined;
    const next = this.#left.shift();
    if (next === undefined) return undefined;
    const { offer, how } = next;
    if (how.algorithm === undefined) this.tried.push(offer.name);
    return offerMethod(this.#user, offer, how);
  }

  async #nextPassword(): Promise<AnyAuthMethod | false> {
    const username = this.#user;
    if (this.#password === undefined || this.#turn !== undefined) return false;
    if (this.offered.length === 0 && !this.#asked) {
      this.#asked = true;
      return { type: "none", username };
    }
    const type = BY_PASSWORD.find((method) => this.offered.includes(method));
    if (type === undefined) {
      this.ofPassword.push("it takes no password");
      return false;
    }
    const turn = await this.#password.take();
    this.#turn = turn;
    if ("refusedBy" in turn) {
      const by = turn.refusedBy === undefined ? "" : ` by ${turn.refusedBy}`;
      this.ofPassword.push(`its password was refused${by}, and is not tried again`);
      return false;
    }
    if (this.#over) {
      turn.end("unknown");
      return false;
    }
    if (type === "keyboard-interactive") {
      return {
        type,
        username,
        prompt: (_name, text, _language, prompts, done) => this.#answer(text, prompts, done),
      };
    }
    this.#sent = true;
    return { type, username, password: turn.password.reveal() };
  }

  /** The password goes out once, and to a question for a password alone; what else is asked has no answer. */
  #answer(text: string, prompts: readonly Prompt[], done: KeyboardInteractiveCallback): void {
    const [first] = prompts;
    const asked = first?.prompt ?? "";
    const isForPassword = prompts.length === 1 && first?.echo !== true &&
      !/\b(?:code|token|otp|one-time|verification|new|again|retype)\b/i.test(asked);
    if (isForPassword && !this.#sent && this.#turn !== undefined && "password" in this.#turn) {
      this.#sent = true;
      return done([this.#turn.password.reveal()]);
    }
    if (this.#sent && /expired|(?:change your|new|current) password/i.test(`${text} ${asked}`)) {
      this.expired();
    } else {
      const isAgain = isForPassword && this.#sent;
      // Whether the password before it was right nobody knows, and to find out may lock an account.
      this.ofPassword.push(
        isAgain ? "its password was refused" : `it asks "${oneLine(asked)}", which nobody can answer`,
      );
      this.#end(this.#sent ? "wrong" : "unknown");
      this.#sent = false;
    }
    this.#stuck();
  }

  #judged(partial: boolean): void {
    this.#sent = false;
    this.#end(partial ? "right" : "wrong");
    if (partial) this.taken.push("the password");
    else this.ofPassword.push("its password was refused");
  }

  #end(judgement: "right" | "wrong" | "unknown"): void {
    if (this.#turn !== undefined && "end" in this.#turn) this.#turn.end(judgement);
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
  const { tried, taken, offered, ofPassword } = attempts;
  const tooMany = said.some((text) => /too many authentication failures/i.test(text));
  const clauses = [
    ...(tried.length > 0
      ? [`tried ${listed(tried)}`]
      : options.password === undefined
      ? ["there is no key to try"]
      : []),
    ...ofPassword,
    ...identities.problems.map((problem) => `not used: ${problem}`),
    ...said,
    ...wants(taken, offered),
  ];
  return new PalletError(`Cannot log in to ${whereIs(route)} as "${route.user}": ${clauses.join("; ")}`, {
    kind: "unreachable",
    help: helpOf(tooMany, ofPassword),
    cause,
  });
}

function helpOf(tooMany: boolean, ofPassword: readonly string[]): string {
  if (ofPassword.some((text) => text.includes("expired"))) return NEW_PASSWORD;
  if (ofPassword.some((text) => text.includes("refused"))) {
    return "The password was tried once, so that no account is locked. Give the right one and run again.";
  }
  return tooMany
    ? `The server ends a login after so many keys (MaxAuthTries). Name the right private key in the service or as ` +
      "admin-user, which is tried first, or set IdentitiesOnly yes for it in ~/.ssh/config."
    : "Name the right user and private key in the service or as admin-user, or add the key to an ssh agent; " +
      "its public half must be in ~/.ssh/authorized_keys there.";
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
