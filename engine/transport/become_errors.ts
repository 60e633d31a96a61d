// What sudo, su and doas say when they refuse, and what it means.
import { BecomeError, GIVE_PASSWORD } from "./passwords.ts";
import { oneLine } from "./problems.ts";

/** What was said by something that did not let a user become root. It speaks English: it was told to. */
export class BecomeProblem {
  constructor(readonly said: string) {}

  /** It would let the user, with a password. */
  get wantsPassword(): boolean {
    return /a password is required|Authori[sz]ation required|Authentication required/i.test(this.said);
  }

  /** It lets nobody who has no terminal. */
  get wantsTerminal(): boolean {
    return /must have a tty|must be run from a terminal|a tty is required/i.test(this.said);
  }

  /** The password was wrong. */
  get refused(): boolean {
    return /try again|incorrect password|authentication fail|authori[sz]ation failed|incorrect authentication/i
      .test(
        this.said,
      );
  }
}

/** What each refusal means and what helps, in the order in which they are looked for. */
const REFUSALS: readonly {
  readonly said: RegExp;
  readonly why: (user: string, name: string) => string;
  readonly help: string;
}[] = [
  {
    said: /script: not found/,
    why: (_, name) => `its ${name} wants a terminal, and it has no script command to make one`,
    help: 'Install util-linux there, or remove "Defaults requiretty" from its sudoers.',
  },
  {
    said: /must have a tty|must be run from a terminal/i,
    why: (_, name) => `its ${name} wants a terminal, and does not take the one that it got`,
    help: 'Remove "Defaults requiretty" from its sudoers.',
  },
  {
    said: /(?:sudo|su|doas)['"]?: (?:command )?not found/,
    why: (_, name) => `it has no ${name}`,
    help: "Install it there, log in as root, or set become to a way that it has: sudo, su, doas.",
  },
  {
    said:
      /not in the sudoers file|may not run sudo|is not allowed to (?:run sudo|execute)|Operation not permitted|Permission denied/i,
    why: (user, name) => `its ${name} does not let "${user}" run bash as root`,
    help: "Allow the user to run bash as root there, or log in as another.",
  },
  {
    said: /expired|change your password|new password|current password/i,
    why: (user) => `the password of "${user}" has expired there`,
    help: "Log in there and set a new one.",
  },
  {
    said: /no new privileges|nosuid|must be owned by uid 0|must be setuid|not installed setuid/i,
    why: (_, name) => `its ${name} can make nobody root`,
    help: "Its login may run in a container or on a file system without setuid; log in as root.",
  },
  {
    said: /doas is not enabled|doas\.conf/,
    why: () => "its doas is not configured",
    help: "Make /etc/doas.conf there: permit keepenv :wheel.",
  },
];

/** Becoming root was refused: why, in words. */
export function becomeError(where: string, method: string, user: string, said: string): BecomeError {
  const name = method === "auto" ? "sudo" : method;
  const known = REFUSALS.find((one) => one.said.test(said));
  const words = oneLine(said.replaceAll("[sudo] password for %p:", ""));
  const why = known === undefined ? words || `${name} failed without a word` : known.why(user, name);
  const quoted = known === undefined || words === "" || words.length > 120 ? "" : ` (it said: ${words})`;
  return new BecomeError(`Cannot become root on ${where}: ${why}${quoted}`, {
    kind: "unreachable",
    help: known?.help ?? GIVE_PASSWORD,
  });
}

/** Something was asked for that is no password. */
export function promptError(where: string, method: string, prompt: string): BecomeError {
  const name = method === "auto" ? "sudo" : method;
  const asked = oneLine(prompt);
  return new BecomeError(
    asked === ""
      ? `Cannot become root on ${where}: its ${name} asks for a password at one time and for none at another`
      : `Cannot become root on ${where}: its ${name} asks for "${asked}", which only a person can answer`,
    { kind: "unreachable", help: "Let the user become root there without being asked, or log in as root." },
  );
}
