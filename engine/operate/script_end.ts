// What the end of a script says of its target.
import type { Failure, TargetReport } from "../events.ts";
import { failureOf } from "../failure.ts";
import type { ScriptEnd } from "../transport/connection.ts";
import type { ScriptReader } from "./records.ts";

/** What is said of a script whose end is not an ordinary one. */
function failureOfEnd(end: ScriptEnd, name: string, reader: ScriptReader, left = false): Failure {
  const at = reader.running === undefined ? "" : ` while at "${reader.running}"`;
  switch (end) {
    case "interrupted":
      return {
        kind: "action",
        message: `${name} restarted${at}: its script was interrupted`,
        help: "Run the phase again when the node is up.",
      };
    case "died":
      return {
        kind: "action",
        message: `The script on ${name} was killed${at}`,
        help: "See the node's log for what killed it, e.g. for want of memory.",
      };
    default:
      if (left) {
        return {
          kind: "unreachable",
          message: `Left ${name}${at}: what its script did since is unknown`,
          help: "It goes on there; see the node before running the phase again.",
        };
      }
      return {
        kind: "unreachable",
        message: `The connection to ${name} was lost${at}: what its script did since is unknown`,
        help: "The script may go on there; see the node before running the phase again.",
      };
  }
}

function failureOfAction(reader: ScriptReader, total: number): Failure {
  const failed = reader.reports.find((report) => report.result === "failed");
  if (failed === undefined) return { kind: "action", message: "The script failed outside of its actions" };
  const left = total - reader.reports.length;
  const rest = left === 0 ? "" : `; ${left} later action${left === 1 ? " was" : "s were"} not run`;
  return {
    kind: "action",
    message: `Action "${failed.title}" failed with exit status ${failed.exit}${rest}`,
    origin: failed.origin,
  };
}

/** How a script went for its target. */
export type Conclusion = Pick<TargetReport, "result" | "failure">;

/**
 * What a script's end says of its target.
 *
 * @param total actions that there were to run
 * @param left Whether this run left the node before the end.
 */
export function conclude(
  end: ScriptEnd,
  name: string,
  reader: ScriptReader,
  total: number,
  left: boolean,
): Conclusion {
  if (end === "unknown") return { result: "unknown", failure: failureOfEnd(end, name, reader, left) };
  if (end !== "ended" || reader.final === undefined) {
    return { result: "interrupted", failure: failureOfEnd(end === "ended" ? "died" : end, name, reader) };
  }
  return reader.final.result === "ok"
    ? { result: "ok" }
    : { result: "failed", failure: failureOfAction(reader, total) };
}

/** What is known when starting or following threw: the script may run, unless the node itself refused it. */
export function concludeThrown(
  thrown: unknown,
  name: string,
  reader: ScriptReader,
  left: boolean,
): Conclusion {
  if (left) return { result: "unknown", failure: failureOfEnd("unknown", name, reader, left) };
  const failure = failureOf(thrown);
  return { result: failure.kind === "unreachable" ? "unknown" : "failed", failure };
}
