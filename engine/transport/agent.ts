// The loop on the node as the one command that starts it.
import become from "./agent/become.sh" with { type: "text" };
import cancel from "./agent/cancel.sh" with { type: "text" };
import contents from "./agent/contents.sh" with { type: "text" };
import firstStart from "./agent/first_start.sh" with { type: "text" };
import facts from "./agent/facts.sh" with { type: "text" };
import follow from "./agent/follow.sh" with { type: "text" };
import lease from "./agent/lease.sh" with { type: "text" };
import loop from "./agent/loop.sh" with { type: "text" };
import prepare from "./agent/prepare.sh" with { type: "text" };
import run from "./agent/run.sh" with { type: "text" };
import start from "./agent/start.sh" with { type: "text" };
import tidy from "./agent/tidy.sh" with { type: "text" };
import type { BecomeMethod } from "./become.ts";
import type { Lease } from "./connection.ts";
import { encodeWord } from "./words.ts";

/** Where things are on a node, unless a test says otherwise. */
export const NODE_PATHS: NodePaths = { state: "/var/lib/pallet", memory: "/run/pallet" };

/** Directories that the loop keeps things in. */
export interface NodePaths {
  /** What outlives a restart of the node. */
  readonly state: string;
  /** Output of scripts, where that is memory; empty: it stays with the state. */
  readonly memory: string;
}

/** Where things are on a node for a user who does not become root: below the home of that user. */
const OWN_STATE = ".local/state/pallet/node";

/** How the loop becomes root when the user is not; `stay`: it does not, and keeps to the directories that it is told. */
export type Privilege = BecomeMethod | "stay";

/** What the loop is told when it starts. */
export interface AgentOptions {
  readonly lease: Lease;
  /** Seconds to wait for another run's lease. */
  readonly leaseWait: number;
  /** Seconds after the node's start in which its cloud-init must be done; 0: it is not waited for. */
  readonly cloudInitTimeout: number;
  readonly paths: NodePaths;
  readonly privilege: Privilege;
  /** What ends the output of each script; nothing else may print it. */
  readonly mark: string;
  /** Begins what is said while the loop becomes root; letters and digits. */
  readonly token: string;
}

/** Without comments and indentation: it travels with every connection. */
function compact(parts: readonly string[]): string {
  const lines = parts.join("\n").split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).join("\n") + "\n";
}

/** The loop as bash. */
export const AGENT_PROGRAM = compact([
  start,
  firstStart,
  facts,
  lease,
  follow,
  prepare,
  run,
  cancel,
  contents,
  tidy,
  loop,
]);

/** Letters that a word of a command may have: an old csh takes hardly more than a thousand. */
const LONGEST_WORD = 900;

/**
 * A program as `printf %b` reads it, in words that any shell takes within single quotes: one that the node decodes
 * without a process.
 */
function escaped(program: string): readonly string[] {
  const words = [""];
  for (const character of program) {
    const code = character.charCodeAt(0);
    if (code > 126) throw new RangeError(`The program for nodes holds ${JSON.stringify(character)}`);
    const letter = character === "\n"
      ? "\\n"
      : /[ -~]/.test(character) && !/["$\\`'!]/.test(character)
      ? character
      : `\\x${code.toString(16).padStart(2, "0")}`;
    const last = words.length - 1;
    if ((words[last] ?? "").length + letter.length > LONGEST_WORD) words.push(letter);
    else words[last] += letter;
  }
  return words;
}

const programs = { agent: escaped(AGENT_PROGRAM), become: escaped(compact([become])) };

/** A path as bash takes it between single quotes of any shell; a plain one costs no process. */
function pathWord(path: string): string {
  return /^[A-Za-z0-9/_.-]*$/.test(path) ? path : `$(base64 -d <<<${btoa(path)})`;
}

/**
 * The command that starts the loop, for any login shell: it has no line end, and inside its single quotes nothing
 * that sh, fish or csh would read in a way of its own. Bash heeds no start-up file, not even the one that it reads when
 * sshd starts it.
 * Under sudo the loop comes in by standard input, so that logs of sudo hold a short command.
 */
export function agentCommand(options: AgentOptions): string {
  const { lease, leaseWait, cloudInitTimeout, paths, privilege, mark, token } = options;
  const numbers = [lease.seconds, leaseWait, cloudInitTimeout].map((seconds) => String(Math.ceil(seconds)));
  const holder = [lease.holder, ...lease.owner === undefined ? [] : [lease.owner]].map(encodeWord).join(".");
  const parameters = [encodeWord(lease.run), holder, ...numbers, encodeWord(mark)];
  const words = ["$S", "$M", ...parameters].map((word) => `"${word}"`).join(" ");
  const { length } = programs.agent;
  const setup = `printf -v loop %b "\${@:1:${length}}"; S=${pathWord(paths.state)}; M=${
    pathWord(paths.memory)
  }`;
  const direct = `set -- ${words}; eval "$loop"`;
  const body = (): string => {
    if (privilege === "stay") return direct;
    if (privilege === "none") return `((EUID == 0)) || { S=$HOME/${OWN_STATE}; M=; }; ${direct}`;
    const way = privilege === "auto" ? "sudo" : privilege;
    return `if ((EUID == 0)); then ${direct}; else ` +
      `printf -v become %b "\${@:${length + 1}}"; ` +
      `set -- ${words}; length=${AGENT_PROGRAM.length}; token=${token}; way=${way}; eval "$become"; fi`;
  };
  const loop = privilege === "stay" || privilege === "none"
    ? programs.agent
    : [...programs.agent, ...programs.become];
  return ["exec bash --norc -pc", ...[`${setup}; ${body()}`, "pallet", ...loop].map((word) => `'${word}'`)]
    .join(" ");
}
