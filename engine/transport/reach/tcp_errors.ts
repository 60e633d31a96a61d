// Why there is no TCP connection, in words.
import { messageOf, PalletError } from "../../errors.ts";
import { TurnedAway } from "../handshakes.ts";
import { whereIs } from "../problems.ts";
import { type Address, bare } from "./addresses.ts";
import type { Failed } from "./first.ts";
import type { Place } from "./host.ts";

/** The code that the system gives an error: `ECONNREFUSED`. */
export function codeOf(error: unknown): string {
  return String((typeof error === "object" && error !== null && Reflect.get(error, "code")) || "");
}

function unreachable(host: Place, why: string, help: string, cause: unknown): PalletError {
  return new PalletError(`Cannot connect to ${whereIs(host.route)}: ${why}`, {
    kind: "unreachable",
    help,
    cause,
  });
}

/** The resolver found nothing; what will be better in a moment is {@linkcode TurnedAway}. */
export function nameError(host: Place, error: unknown): Error {
  const name = bare(host.settings.hostName);
  if (codeOf(error) === "EAI_AGAIN") {
    return new TurnedAway(`the name "${name}" cannot be resolved just now`, {
      help: "The resolver of this machine does not answer: see its network and /etc/resolv.conf.",
      cause: error,
    });
  }
  const why = codeOf(error) === "ENOTFOUND"
    ? `the name "${name}" is unknown`
    : `the name "${name}" cannot be resolved: ${messageOf(error)}`;
  return unreachable(host, why, "Check the address, or the resolver of this machine.", error);
}

/** The name has addresses, and none of the family that is asked for. */
export function noAddressError(host: Place): PalletError {
  const { hostName, addressFamily } = host.settings;
  const family = addressFamily === "inet6" ? "IPv6" : addressFamily === "inet" ? "IPv4" : "usable";
  return unreachable(
    host,
    `"${bare(hostName)}" has no ${family} address`,
    "See AddressFamily in the ssh configuration, or use another address.",
    undefined,
  );
}

/** The address or interface to connect from is of no use. */
export function bindError(host: Place, why: string, cause?: unknown): PalletError {
  const { bindAddress, bindInterface } = host.settings;
  const from = bindAddress ?? bindInterface ?? "";
  return unreachable(
    host,
    `cannot connect from "${from}": ${why}`,
    "See BindAddress and BindInterface in the ssh configuration.",
    cause,
  );
}

const FIREWALL = "See whether the node runs, and whether a firewall is in between.";

const REASONS: Readonly<Record<string, readonly [why: string, help: string]>> = {
  ECONNREFUSED: ["the connection was refused", "See whether sshd runs there, and on this port."],
  EHOSTUNREACH: ["there is no route to it", "Check the address and the network."],
  ENETUNREACH: ["there is no route to it", "Check the address and the network."],
  ETIMEDOUT: ["it does not answer", FIREWALL],
  ECONNRESET: ["the connection was reset", FIREWALL],
  EADDRNOTAVAIL: [
    "the address to connect from is not one of this machine",
    "See BindAddress in the ssh configuration.",
  ],
  EACCES: ["this machine's own firewall forbids it", "Check the firewall of this machine."],
  EPERM: ["this machine's own firewall forbids it", "Check the firewall of this machine."],
  EMFILE: [
    "this process has too many files open",
    "Raise the limit with `ulimit -n`, or connect to fewer nodes at once with --parallel.",
  ],
};

const CLASSES: readonly (readonly [RegExp, string])[] = [
  [/refused/i, "ECONNREFUSED"],
  [/^bind|address not available|cannot assign/i, "EADDRNOTAVAIL"],
  [/no route/i, "EHOSTUNREACH"],
  [/unreachable/i, "ENETUNREACH"],
  [/timed out/i, "ETIMEDOUT"],
];

/** The reason in words, by the system's code or, where there is none, by its message. */
function reasonOf(error: unknown): readonly [why: string, help: string] {
  const text = messageOf(error);
  const code = CLASSES.find(([pattern]) => pattern.test(text))?.[1] ?? codeOf(error);
  return REASONS[code] ?? [text, "Check the address and the network."];
}

/** No address took the connection. */
export function tcpError(host: Place, failures: readonly Failed<Address>[]): PalletError {
  const reasons = failures.map(({ candidate, error }) => ({
    at: candidate.address,
    reason: reasonOf(error),
  }));
  const [first] = reasons;
  const [why, help] = first?.reason ?? ["there is no address to try", "Check the address."];
  const cause = failures[0]?.error;
  if (reasons.length < 2) return unreachable(host, why, help, cause);
  const same = reasons.every(({ reason }) => reason[0] === why);
  const list = same
    ? `${why} (tried ${reasons.map(({ at }) => at).join(", ")})`
    : reasons.map(({ at, reason }) => `${at}: ${reason[0]}`).join("; ");
  return unreachable(host, list, help, cause);
}
