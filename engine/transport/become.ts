// Becoming root on a node: a talk with agent/become.sh, which tries what it is told, before the loop speaks.
import { becomeError, BecomeProblem, promptError } from "./become_errors.ts";
import type { Passwords, Trial } from "./passwords.ts";

/**
 * How a user becomes root: `auto`, as root not at all and by sudo otherwise; `none`: not at all, whoever the user is.
 */
export type BecomeMethod = "auto" | "sudo" | "su" | "doas" | "none";

/** What {@linkcode Becoming} needs. */
export interface BecomingOptions {
  readonly where: string;
  readonly method: Exclude<BecomeMethod, "none">;
  /** Begins what become.sh says, and nothing else. */
  readonly token: string;
  /** The loop, for ways that need it sent again. */
  readonly program: string;
  readonly passwords: Passwords;
  readonly send: (text: string) => void;
  /** Becoming root has failed: called once. */
  readonly fail: (error: unknown) => void;
  /** While it is `true`, a person is asked or another node is waited for, and no time is counted. */
  readonly hold: (on: boolean) => void;
  /** Told at each step what would be missing if it never ended. */
  readonly step: (missing: () => string) => void;
}

/** A way that is being tried. */
interface Way {
  readonly name: string;
  /** What it asks for once; nothing: it must not ask. */
  readonly trial?: Trial;
}

/** Milliseconds after which a line that has not ended, and ends as questions do, is one. */
const QUIET = 500;

/** What becomes root for one channel, until the loop speaks. */
export class Becoming {
  /** Whether the login shell has done its part. */
  begun = false;
  readonly #options: BecomingOptions;
  /** What was said since the present way began. */
  #said = "";
  #user = "";
  #way: Way = { name: "" };
  #sent = false;
  #over = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: BecomingOptions) {
    this.#options = options;
  }

  /** What came on standard error. */
  hear(text: string): void {
    if (this.#over) return;
    clearTimeout(this.#timer);
    this.#said += text;
    const { token, method, step } = this.#options;
    const begun = `${token} begun\n`;
    if (!this.begun && this.#said.includes(begun)) {
      this.begun = true;
      this.#said = this.#said.slice(this.#said.indexOf(begun) + begun.length);
      step(() => `no word from its ${method === "auto" ? "sudo" : method}`);
    }
    const ended = new RegExp(`\n${token} ended (\\d+) (.*)\n`).exec(this.#said);
    if (ended !== null) return this.#ended(this.#said.slice(0, ended.index), ended[2] ?? "");
    if (this.#said.includes(`${token} root\n`)) return this.#root();
    if (this.#said.endsWith(`${token} prompt`) || this.#isPasswordPrompt()) return this.#prompt();
    if (this.#way.trial !== undefined && /[:?>]$/.test(this.#open())) {
      this.#timer = setTimeout(() => this.#prompt(), QUIET);
    }
  }

  /** The loop has spoken, or the channel has gone: nothing more is done. */
  close(spoken: boolean): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#way.trial?.end(spoken && this.#sent ? "right" : "unknown");
  }

  /** Without the password, should something show it. */
  #hide(text: string): string {
    const password = this.#sent ? this.#way.trial?.password.reveal() : undefined;
    return password === undefined || password === "" ? text : text.replaceAll(password, "***");
  }

  /** The last line, while it has not ended. */
  #open(): string {
    return this.#said.slice(this.#said.lastIndexOf("\n") + 1).trim();
  }

  #isPasswordPrompt(): boolean {
    return this.#way.trial !== undefined && /password[^\n]*:$/i.test(this.#open());
  }

  #fail(error: unknown, judgement: "right" | "wrong" | "unknown" = "unknown"): void {
    if (this.#over) return;
    this.#way.trial?.end(judgement);
    this.close(false);
    this.#options.fail(error);
  }

  #wrong(): void {
    const { passwords, where } = this.#options;
    this.#way.trial?.end("wrong");
    this.#fail(passwords.refused(this.#user, where));
  }

  /** Something asks. The password goes out once, and only here. */
  #prompt(): void {
    if (this.#over) return;
    const { token, where, method, send } = this.#options;
    const asked = this.#hide(this.#open().replaceAll(`${token} prompt`, "password:"));
    const forPassword = this.#said.endsWith(`${token} prompt`) || /password/i.test(asked);
    const expired = /\b(?:current|new|old|expired)\b/i.test(asked) || /expired/i.test(this.#said);
    if (this.#sent && forPassword && !expired) return this.#wrong();
    if (expired) {
      return this.#fail(
        becomeError(where, method, this.#user, this.#hide(this.#said)),
        this.#sent ? "right" : "unknown",
      );
    }
    if (!forPassword || this.#way.trial === undefined) {
      return this.#fail(promptError(where, method, asked));
    }
    this.#sent = true;
    this.#said = "";
    send(`${this.#way.trial.password.reveal()}\n`);
  }

  /** Root's shell is there and waits for the loop. */
  #root(): void {
    const { token, program, send, where, method } = this.#options;
    if (this.#way.name === "doas-password" && !this.#sent) {
      // What was to be the password would be the first line of what follows.
      return this.#fail(promptError(where, method, ""));
    }
    this.#way.trial?.end(this.#sent ? "right" : "unknown");
    this.#said = "";
    send(`${token} start\n${program}`);
  }

  /** What was tried has ended, and become.sh waits for the next way. */
  #ended(said: string, user: string): void {
    const { where, method } = this.#options;
    this.#user = user;
    const problem = new BecomeProblem(said);
    if (this.#sent) {
      if (problem.refused) this.#wrong();
      else this.#fail(becomeError(where, method, user, this.#hide(said)), "right");
      return;
    }
    const terminal = problem.wantsTerminal && !this.#way.name.includes("terminal");
    if (method === "su" && this.#way.name === "") void this.#tryWithPassword("su-password");
    else if (method === "doas" && this.#way.name === "" && problem.wantsPassword) {
      void this.#tryWithPassword("doas-password");
    } else if (method !== "su" && method !== "doas" && terminal) {
      this.#try({ name: "sudo-terminal" });
    } else if (
      method !== "su" && method !== "doas" && problem.wantsPassword && this.#way.trial === undefined
    ) {
      void this.#tryWithPassword(this.#way.name === "" ? "sudo-password" : `${this.#way.name}-password`);
    } else this.#fail(becomeError(where, method, user, said));
  }

  #try(way: Way): void {
    this.#way = way;
    this.#said = "";
    this.#options.send(`${way.name}\n`);
  }

  async #tryWithPassword(name: string): Promise<void> {
    const { passwords, where, hold } = this.#options;
    hold(true);
    try {
      const trial = await passwords.take(this.#user, where);
      if (this.#over) return trial.end("unknown");
      this.#try({ name, trial });
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      hold(false);
    }
  }
}
