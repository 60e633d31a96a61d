// Nodes that a run which is gone on with may have left while they start again, or while their line is cut.
import type { Node } from "../spec/node.ts";
import { pause } from "../pause.ts";
import type { Session } from "./session.ts";

/** Seconds between one listing of nodes and the next. */
const PAUSE = 1;

/** Seconds for which such a node is waited for; nothing for all others. */
export function patienceWith({ setup }: Session, { name, id }: Node): number | undefined {
  const then = setup.past?.following(name, id);
  if (then === undefined) return undefined;
  // A node whose line was cut for good can be reached once it has undone what cut it.
  return then.what === "guard" ? then.within + setup.timings.reconnect : then.within;
}

/** The service's nodes. To their provider one that starts again may be stopped for a moment: that is waited for. */
export async function nodesBack(session: Session): Promise<readonly Node[]> {
  const { provider } = session.tools;
  const began = performance.now();
  const told = new Set<string>();
  while (true) {
    const nodes = await provider.nodes(session.soft);
    const waited = (performance.now() - began) / 1000;
    const down = nodes.filter((node) =>
      node.state === "stopped" && waited < (patienceWith(session, node) ?? 0)
    );
    if (down.length === 0) return nodes;
    for (const { name } of down.filter((node) => !told.has(node.name))) {
      told.add(name);
      session.emit({ type: "node-reconnecting", target: name, reason: "it is stopped, and may start again" });
    }
    await pause(PAUSE, session.soft);
  }
}
