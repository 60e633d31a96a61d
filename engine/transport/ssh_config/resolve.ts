// What the files say of one host: a first reading, its real name, and a second reading where that may change things.
import { PalletError } from "../../errors.ts";
import type { JumpHop, SshQuery, SshQueryOrigins } from "../ssh_settings.ts";
import { canonicalName } from "./canonical.ts";
import type { Machine } from "./machine.ts";
import type { Pass } from "./match.ts";
import { Options } from "./options.ts";
import { readConfig, type Source } from "./read.ts";
import { BadToken, expandTokens } from "./tokens.ts";

/** What is known of a host once all files were read. */
export interface Resolved {
  /** The name or address to connect to. */
  readonly hostName: string;
  readonly options: Options;
}

/** Reads what there is to say about a host. @throws {PalletError} of kind `config` when a file is wrong. */
export async function resolve(
  query: SshQuery,
  sources: readonly Source[],
  machine: Machine,
): Promise<Resolved> {
  checkWord("host", query.host);
  if (query.user !== undefined) checkWord("user", query.user);
  const options = explicit(query);
  const read = async (host: string, final: boolean): Promise<Pass> => {
    const { command = "" } = query;
    const pass: Pass = { machine, options, host, original: query.host, final, command, wantsFinal: false };
    for (const source of sources) await readConfig(pass, source);
    return pass;
  };
  const first = await read(query.host, false);
  const named = options.all("hostname")[0];
  let hostName: string;
  try {
    hostName = await canonicalName(expandTokens(named?.text ?? "%h", { h: query.host }), options, machine);
  } catch (thrown) {
    if (!(thrown instanceof BadToken)) throw thrown;
    throw new PalletError(`Cannot use the ssh configuration: HostName: ${thrown.message}`, {
      kind: "config",
      help: "HostName knows %h and %% alone.",
      cause: thrown,
    });
  }
  const canonicalizes = (options.get("canonicalizehostname") ?? "no") !== "no";
  if (first.wantsFinal || canonicalizes) {
    options.replace("hostname", [{ text: hostName.replaceAll("%", "%%"), from: named?.from ?? "" }]);
    await read(hostName, true);
  }
  return { hostName, options };
}

function explicit(query: SshQuery): Options {
  const options = new Options();
  const by = (key: keyof SshQueryOrigins) => query.from?.[key] ?? "its service";
  if (query.port !== undefined) options.setOnce("port", [String(query.port)], by("port"));
  if (query.user !== undefined) options.setOnce("user", [query.user], by("user"));
  if (query.jump !== undefined) {
    options.setOnce("proxyjump", [query.jump.map(formatHop).join(",") || "none"], by("jump"));
    // Whoever wants no hop wants to connect directly.
    if (query.jump.length === 0) options.setOnce("proxycommand", ["none"], by("jump"));
  }
  const { strictHostKeyChecking: strict } = query;
  if (strict !== undefined) options.setOnce("stricthostkeychecking", [strict], by("hostKeys"));
  return options;
}

/** A hop as `ProxyJump` has it. */
export function formatHop({ user, host, port }: JumpHop): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${user === undefined ? "" : `${user}@`}${name}${port === undefined ? "" : `:${port}`}`;
}

/** Names come from others, and commands of the configuration are made with them. */
function checkWord(what: string, word: string): void {
  // deno-lint-ignore no-control-regex
  if (word !== "" && !/^-|['"`$\\;&<>|(){}\s\x00-\x1f\x7f]/.test(word)) return;
  throw new PalletError(`Cannot connect: ${JSON.stringify(word)} is no ${what}`, {
    kind: "unreachable",
    help: `A ${what} holds no blanks, quotes or signs that a shell would act on, and begins with no dash.`,
  });
}
