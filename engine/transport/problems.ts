// What can be wrong with a node that answers, in words.
import { messageOf, PalletError } from "../errors.ts";
import { decodeWord } from "./words.ts";

/** Lost on the way: what was asked may or may not have been done. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** Whatever answers is not the node that was meant. */
export class HostKeyError extends PalletError {}

/** The node answers, and lets nobody in by what was tried: every further attempt counts against whoever makes it. */
export class LoginRefused extends PalletError {}

/** What a shell or program said, short and on one line, without what would drive a terminal. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  const plain = text.replaceAll(/[\x00-\x1f\x7f]+/g, " ").trim();
  return plain.length > 300 ? `...${plain.slice(-297)}` : plain;
}

/** What a server said that opens no channel, without the library's own words. */
export function refusedChannel(error: unknown): string {
  return messageOf(error).replace(/^\(SSH\) Channel open failure: /, "");
}

/** `@busy RUN HOLDER SECONDS` or `@waiting ...`: another run has the node. */
export function parseBusy(line: string): {
  /** The run, as the loop on the node spells it. */
  readonly run: string;
  readonly holder: string;
  readonly owner: string | undefined;
  /** Seconds that are left of its lease; 0: it has none, and a script goes on. */
  readonly seconds: number;
} {
  const [, run = "", holders = "", seconds = ""] = line.split(" ");
  const [holder = "", owner] = holders.split(".").map(decodeWord);
  return { run, holder, owner, seconds: Number(seconds) };
}

/** What {@linkcode parseBusy} reads, as an error. */
export function busyError(where: string, line: string): PalletError {
  const { run, holder, seconds } = parseBusy(line);
  const until = seconds === 0 ? "has a script going on there" : `has it for ${seconds} more seconds at most`;
  const name = decodeWord(run);
  return new PalletError(`Cannot use ${where}: run ${name} of ${holder} ${until}`, {
    kind: "action",
    help:
      `Wait for that run to end; if it was cut off, go on with it where it was begun: pallet resume ${name}`,
  });
}

/** `@failed WHAT MESSAGE`: the loop on the node cannot go on. */
export function failedError(where: string, line: string): PalletError {
  const [, what = "", ...words] = line.split(" ");
  const full = /: (?:No space left on device|Disk quota exceeded)$/.test(line);
  const help: Record<string, string> = {
    state: "Its state directory must be writable for root.",
    lease: "Its state directory must be writable for root.",
    disk: "Make room on its disk.",
    "cloud-init": "See /var/log/cloud-init-output.log there. The next run does not wait for it; " +
      "defaults.cloud-init-timeout gives it longer.",
  };
  return new PalletError(`Cannot work on ${where}: ${words.join(" ")}`, {
    kind: "unreachable",
    help: (full ? help["disk"] : help[what]) ?? "This is a defect of Pallet.",
  });
}

/** What to do about a password that has expired. */
export const NEW_PASSWORD = "Log in there by ssh once to set a new one, and give that one from then on.";

/** What keeps a login shell from running the loop, by what it says. */
const SHELL_PROBLEMS: readonly { readonly said: RegExp; readonly why: string; readonly help: string }[] = [
  {
    said: /password has expired|password change required/i,
    why: "the password of its user has expired, and nothing runs there before it is changed",
    help: NEW_PASSWORD,
  },
  {
    said: /bash['"]?: (?:command )?not found|bash: No such file|Unknown command.*bash/i,
    why: "it has no bash",
    help: "Install bash 4.3 or newer there.",
  },
  {
    said: /^r(?:ba|k|z)?sh\b|restricted/m,
    why: "its login shell is a restricted one",
    help: "Log in as a user with an ordinary login shell.",
  },
];

/**
 * The loop never spoke: its login shell said something else, or nothing.
 *
 * @param ended Whether the shell has ended; it may as well wait for something.
 */
export function startError(where: string, said: string, ended: boolean, cause: unknown): PalletError {
  const known = SHELL_PROBLEMS.find((one) => one.said.test(said));
  const words = oneLine(said);
  const spoke = words === "" ? "" : `; it said "${words}"`;
  const why = known?.why ??
    (ended
      ? `its login shell ended without running what it was given${spoke}`
      : `its login shell did not run what it was given${spoke}, and still waits for something`);
  const help = known?.help ??
    "The user needs a login shell that runs commands, with bash, base64 and head on the PATH, and start-up files " +
      "(as ~/.bashrc) that neither read input, nor end, nor start another program where there is no terminal.";
  return new PalletError(`Cannot work on ${where}: ${why}`, { kind: "unreachable", help, cause });
}

/** A node, for messages: its name, and where it was looked for. */
export function whereIs(
  route: { name?: string; hostKeyAlias: string; address: string; port?: number },
): string {
  const address = route.address.includes(":") ? `[${route.address}]` : route.address;
  const name = route.name ?? route.hostKeyAlias;
  const place = route.port === undefined ? address : `${address}:${route.port}`;
  return name === route.address ? place : `${name} (${place})`;
}
