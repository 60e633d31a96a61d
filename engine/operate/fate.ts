// What became of a node that does not answer, as its provider sees it.
import type { Failure } from "../events.ts";
import { failureOf } from "../failure.ts";
import type { Node } from "../spec/node.ts";
import type { TargetReport } from "./results.ts";
import type { Session } from "./session.ts";

/** Says of a failure that the node is not there to answer, if that is so. */
function explained(failure: Failure, node: Node, now: Node | undefined): Failure {
  if (now?.state === "running") return failure;
  const { message } = failure;
  if (now === undefined) {
    const help = "Converge makes another in its place.";
    return { ...failure, message: `${message}. Its service has no node ${node.name} any more`, help };
  }
  return { ...failure, message: `${message}. Its service says that it is ${now.state}` };
}

/** A report with what its node's provider knows, where the node was lost. */
export async function withFate(
  session: Session,
  node: Node | undefined,
  report: TargetReport,
): Promise<TargetReport> {
  const { failure } = report;
  if (node === undefined || report.result !== "unknown" || failure === undefined || session.hard.aborted) {
    return report;
  }
  try {
    const now = (await session.nodesNow()).find(({ id }) => id === node.id);
    return { ...report, failure: explained(failure, node, now) };
  } catch (thrown) {
    session.message("debug", failureOf(thrown).message, node.name);
    return report;
  }
}
