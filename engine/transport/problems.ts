// What can be wrong with a node that answers, in words.
import { PalletError } from "../errors.ts";
import { decodeWord } from "./agent.ts";

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
  return new PalletError(
    `Cannot use ${where}: run ${decodeWord(run)} of ${holder} ${until}`,
    { kind: "action", help: "Wait for that run to end, or end it." },
  );
}

/** `@failed WHAT MESSAGE`: the loop on the node cannot go on. */
export function failedError(where: string, line: string): PalletError {
  const [, what = "", ...words] = line.split(" ");
  const full = /: (?:No space left on device|Disk quota exceeded)$/.test(line);
  const help: Record<string, string> = {
    state: "Its state directory must be writable for root.",
    lease: "Its state directory must be writable for root.",
    disk: "Make room on its disk.",
  };
  return new PalletError(`Cannot work on ${where}: ${words.join(" ")}`, {
    kind: "unreachable",
    help: (full ? help["disk"] : help[what]) ?? "This is a defect of Pallet.",
  });
}

/** The loop never spoke, and something else did. */
export function startError(where: string, said: string, cause: unknown): PalletError {
  const missing = /bash['"]?: (?:command )?not found|bash: No such file|Unknown command.*bash/i.test(said);
  return new PalletError(
    missing
      ? `Cannot work on ${where}: it has no bash`
      : `Cannot work on ${where}: its login shell said "${oneLine(said)}"`,
    {
      kind: "unreachable",
      help: missing
        ? "Install bash 4.3 or newer there."
        : "The user needs a login shell that runs commands, and bash, base64 and head on the PATH.",
      cause,
    },
  );
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
