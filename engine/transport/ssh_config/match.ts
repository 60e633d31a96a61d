import { connectionHash } from "./connection_hash.ts";
import { fault, type Place } from "./fault.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import { matchesHost, matchesList, matchesNetworks } from "./patterns.ts";
import { expandTokens, type Tokens } from "./tokens.ts";

/** One reading of the files for a host. */
export interface Pass {
  readonly machine: Machine;
  readonly options: Options;
  /** The host as `Host` patterns see it: as it was asked for; in the final reading, its real name. */
  readonly host: string;
  readonly original: string;
  readonly final: boolean;
  /** The command that will run there; empty: a shell. */
  readonly command: string;
  /** Set when a section asks for a final reading. */
  wantsFinal: boolean;
}

/** The version of ssh whose keywords and criteria are known here. */
const VERSION = "OpenSSH_10.2p1";

const WITH_ARGUMENT =
  /^(host|originalhost|user|localuser|localnetwork|version|tagged|command|sessiontype|exec)=(.*)$/is;

/** The real name of the host, as far as it is known by then. */
function hostOf({ options, final, host }: Pass): string {
  const name = options.get("hostname");
  return final || name === undefined ? host : expandTokens(name, { h: host });
}

/** What tokens stand for while files are read: what is known by then. */
export function tokensOf(pass: Pass): Tokens {
  const { machine, options, original } = pass;
  const host = hostOf(pass);
  const tokens = {
    L: machine.hostname.replace(/\..*$/s, ""),
    d: machine.home,
    h: host,
    i: String(machine.uid),
    j: jumpHost(options),
    k: options.get("hostkeyalias") ?? host,
    l: machine.hostname,
    n: original,
    p: options.get("port") ?? "22",
    r: options.get("user") ?? machine.user,
    u: machine.user,
  };
  return { ...tokens, C: connectionHash(tokens) };
}

/** The last hop's host as it is written; empty without one. */
function jumpHost(options: Options): string {
  const last = (options.get("proxyjump") ?? "").replace(/#.*$/s, "").trimEnd().split(",").at(-1) ?? "";
  const host = last.replace(/^ssh:\/\//, "").replace(/^.*@/, "").replace(/^\[(.*)\].*$/, "$1");
  return /^none$/i.test(last) ? "" : last.includes("[") ? host : host.replace(/[:/].*$/, "");
}

/**
 * Whether the section of a `Match` line is about the host; it may not be when `possible` is false, and is checked alone.
 *
 * @throws {PalletError} of kind `config` when the line is wrong.
 */
export async function matches(
  pass: Pass,
  words: readonly string[],
  place: Place,
  possible: boolean,
): Promise<boolean> {
  const { machine, options } = pass;
  const bad = (why: string) => fault(place, `Match: ${why}`);
  const host = hostOf(pass);
  const remoteUser = options.get("user") ?? machine.user;
  const left = [...words];
  let result = possible;
  let criteria = 0;
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const negated = word.startsWith("!");
    const [, before, after] = WITH_ARGUMENT.exec(negated ? word.slice(1) : word) ?? [];
    const criterion = (before ?? (negated ? word.slice(1) : word)).toLowerCase();
    if (criterion === "all") {
      if (criteria > 1 || left.length > 0) throw bad("all stands with other criteria");
      return result && !negated;
    }
    criteria++;
    if (criterion === "canonical" || criterion === "final") {
      if (criterion === "final" && !negated) pass.wantsFinal = true;
      if (pass.final === negated) result = false;
      continue;
    }
    const argument = after ?? left.shift();
    if (argument === undefined || (argument === "" && criterion !== "tagged" && criterion !== "command")) {
      throw bad(`${criterion} needs a value`);
    }
    /** An empty list is about what is empty. */
    const fits = (text: string) => text === "" ? argument === "" : matchesList(text, argument);
    let found: boolean;
    switch (criterion) {
      case "host":
        found = matchesHost(host, argument);
        break;
      case "originalhost":
        found = matchesHost(pass.original, argument);
        break;
      case "user":
        found = matchesList(remoteUser, argument);
        break;
      case "localuser":
        found = matchesList(machine.user, argument);
        break;
      case "localnetwork": {
        const among = matchesNetworks(machine.addresses(), argument);
        if (among === undefined) throw bad(`"${argument}" is no list of networks`);
        found = among;
        break;
      }
      case "version":
        found = matchesList(VERSION, argument);
        break;
      case "tagged":
        found = fits(options.get("tag") ?? "");
        break;
      case "command":
        found = fits(pass.command);
        break;
      case "sessiontype":
        found = matchesList(pass.command === "" ? "shell" : "exec", argument);
        break;
      case "exec": {
        const command = expandTokens(argument, tokensOf(pass));
        // What has failed already needs no command.
        if (!result) continue;
        found = await machine.succeeds(command);
        break;
      }
      default:
        throw bad(`there is no criterion "${criterion}"`);
    }
    if (found === negated) result = false;
  }
  if (criteria === 0) throw bad("it has no criteria");
  return result;
}
