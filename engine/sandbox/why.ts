import { formatOrigin, type Origin, PalletError } from "../errors.ts";
import type { Limits } from "./limits.ts";
import type { Death } from "./process.ts";
import type { Evaluating } from "./protocol.ts";

/** A request in words, and the seconds it may take. */
export interface Work {
  readonly what: string;
  readonly seconds: number;
}

/** What was being evaluated, as the subject of a sentence, and where it is. */
function subject(
  work: Work,
  at: Evaluating | undefined,
): { readonly what: string; readonly origin?: Origin } {
  if (at === undefined) return { what: work.what };
  if ("module" in at) {
    return { what: `Loading ${at.module}`, origin: { file: at.module, line: 1, column: 1 } };
  }
  const { phase, group, origin } = at;
  const what = `Phase "${phase}" of group "${group}"`;
  if (origin === undefined) return { what };
  return { what: `${what} (${formatOrigin(origin).replace(/:\d+$/, "")})`, origin };
}

/** URLs that are named at most. */
const NAMED = 5;

/**
 * The error for an answer that must not be believed: at the place that was evaluated last, though what was loaded
 * before it may be at fault.
 *
 * @param strangers URLs of the modules that come from elsewhere
 */
export function distrusted(
  error: PalletError,
  work: Work,
  at: Evaluating | undefined,
  strangers: readonly string[],
): PalletError {
  const { what, origin } = subject(work, at);
  const more = strangers.length > NAMED ? ` and ${strangers.length - NAMED} more` : "";
  const named = strangers.length === 0
    ? ""
    : ` Not yours are ${strangers.slice(0, NAMED).join(", ")}${more}.`;
  const help = `${error.help ?? ""}${named}`.trim();
  return new PalletError(`${error.message}. What was evaluated last: ${what}`, {
    kind: error.kind,
    ...(help === "" ? {} : { help }),
    ...(origin === undefined ? {} : { origin }),
    cause: error,
  });
}

/** The error for a child that died of a request. */
export function whyDead(
  work: Work,
  at: Evaluating | undefined,
  death: Death | "time",
  limits: Limits,
): PalletError {
  const { what, origin } = subject(work, at);
  const fail = (reason: string, help: string, kind: "infra" | "internal" = "infra"): PalletError =>
    new PalletError(`${what} ${reason}`, { kind, help, ...(origin === undefined ? {} : { origin }) });
  if (death === "time") {
    return fail(
      `did not finish within ${Number(work.seconds.toFixed(1))} s`,
      "Look for a loop that does not end; work that takes long belongs into actions, which run on nodes. What needs " +
        "more time gets it by evaluate-timeout in defaults of the configuration.",
    );
  }
  switch (death.reason) {
    case "memory":
      return fail(
        `took more memory than the ${limits.memory} MiB that it may`,
        "Look for data that grows without end; large files are sent by name, with remoteFile's localFile.",
      );
    case "reply":
      return fail(
        `gave an answer of more than the ${limits.reply} MiB that it may`,
        "Make plans smaller; large files are sent by name, with remoteFile's localFile.",
      );
    case "killed outside":
      return fail(
        `was broken off: its process was ${death.words}`,
        "Free some of its memory, or give it more; the log of the system (dmesg) says what it killed.",
      );
    case "killed":
    case "gone":
      return fail(
        `ended the sandbox: ${death.words}`,
        "This is a defect of ours; please report it.",
        "internal",
      );
  }
}
