// What a run that was ended did before, for the one that goes on with it.
import { join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import type { ScriptId } from "../script/types.ts";
import { FILES, type Intent, type Outcome } from "../state/journal.ts";
import { type KeptRun, readRun, summarise } from "../state/runs.ts";
import type { Resume } from "./options.ts";
import { type Segment, segmentsOf } from "./segments.ts";

/** A script that was about to be sent before: it is never made anew. */
export interface PastScript {
  readonly intent: Intent;
  readonly text: string;
  /** Whether the node said that it has the script. */
  readonly taken: boolean;
  /** How it ended, where that is known for good. */
  readonly end?: Required<Pick<Outcome, "report" | "captured">>;
}

/** What a run did before. */
export interface Past {
  readonly run: KeptRun;
  /** The script of an id on a node, if one was about to be sent. @throws {PalletError} when its text was not kept. */
  script(id: ScriptId, nodeId: string): Promise<PastScript | undefined>;
  /** What follows the last script that was about to be sent to a node: a restart of it, or a line that may be cut. */
  following(target: string, nodeId: string): Segment["then"];
}

/** Results of which the node may know more by now. */
const OPEN: readonly string[] = ["unknown", "unreachable"];

function same(one: Intent | Outcome, id: ScriptId, nodeId: string): boolean {
  return one.target === id.target && one.phase === id.phase && one.segment === id.segment &&
    one.nodeId === nodeId;
}

/**
 * Reads what there is to go on with.
 *
 * @throws {PalletError} of kind `usage` when there is no such run, when it still runs, or when it changed nothing.
 */
export async function openPast(stateDir: string, name: string): Promise<Past> {
  const run = await readRun(stateDir, name);
  const { header } = run;
  if (!header.changes) {
    throw new PalletError(`Run ${name} asked the nodes and changed nothing: there is nothing to go on with`, {
      kind: "usage",
      help: "Give its command again.",
    });
  }
  if ((await summarise(stateDir, name)).state === "running") {
    throw new PalletError(`Run ${name} is still at work, by ${header.holder}`, {
      kind: "usage",
      help: "Wait for it, or end its process.",
    });
  }
  return {
    run,
    following: (target, nodeId) => {
      const last = run.intents.findLast((one) => one.target === target && one.nodeId === nodeId);
      return segmentsOf(last?.actions ?? []).at(-1)?.then;
    },
    script: async (id, nodeId) => {
      const intent = run.intents.findLast((one) => same(one, id, nodeId));
      if (intent === undefined) return undefined;
      const path = join(run.folder, FILES.scripts, `${intent.sha256}.sh`);
      let text: string;
      try {
        text = await Deno.readTextFile(path);
      } catch (cause) {
        throw new PalletError(
          `The script of ${id.target} in phase "${id.phase}" was not kept: ${messageOf(cause)}`,
          {
            kind: "internal",
            help: `Whether it ran is told by /var/lib/pallet/scripts/${id.run} on the node.`,
            cause,
          },
        );
      }
      const known = run.outcomes.filter((one) => same(one, id, nodeId));
      const last = known.findLast(({ report }) => report !== undefined && !OPEN.includes(report.result));
      return {
        intent,
        text,
        taken: known.some(({ report }) => report === undefined),
        ...(last?.report === undefined
          ? {}
          : { end: { report: last.report, captured: last.captured ?? {} } }),
      };
    },
  };
}

/**
 * That what is asked for is what the run was.
 *
 * @param graph SHA-256 of all modules of the infra file as they are now
 * @throws {PalletError} of kind `usage` when it was another operation, or when the modules are others than those that
 * the run began with, and nobody wants that.
 */
export async function requireSame(
  { run: { header } }: Past,
  operation: string,
  graph: string | undefined,
  resume: Resume | undefined,
): Promise<void> {
  if (header.operation !== operation) {
    throw new PalletError(`Run ${header.run} is a ${header.operation}, not a ${operation}`, {
      kind: "usage",
    });
  }
  if (header.graph === graph || await resume?.changed?.() === true) return;
  throw new PalletError(`The infra file or its crates have changed since run ${header.run} began`, {
    kind: "usage",
    help: "Put them back as they were, or go on with what they are now: --yes. " +
      "Scripts that were sent are not made anew in any case.",
  });
}
