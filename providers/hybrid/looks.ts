// What all services of a hybrid one say: of their nodes, in all regions, and of themselves.
import { messageOf } from "../../engine/errors.ts";
import type { Diagnosis, Problem, RegionNodes, ServiceConfig } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import { outward, type Part } from "./parts.ts";
import type { Routing } from "./routing.ts";

/** A hybrid service, and what it is made of. */
export interface Whole {
  readonly service: ServiceConfig;
  readonly parts: readonly Part[];
  readonly routing: Routing;
}

/** Of a part's nodes those that belong to the hybrid service, as its own. */
export async function ownNodes(
  { service, routing }: Whole,
  part: Part,
  nodes: readonly Node[],
): Promise<readonly Node[]> {
  const own = await Promise.all(nodes.map(async (node) => {
    const ours = node.group === undefined || await routing.takes(node.group, part.name);
    return ours ? [outward(service, part, node)] : [];
  }));
  return own.flat();
}

/** A part's nodes by region; those of a part that has no regions are in none. */
async function regionsOfPart({ provider }: Part, signal?: AbortSignal): Promise<readonly RegionNodes[]> {
  const regions = await provider.nodesByRegion?.(signal);
  return regions ?? [{ nodes: await provider.nodes(signal) }];
}

/** Nodes of all parts by region. A part that cannot say is named, and the others are listed. */
export async function regionsOf(whole: Whole, signal?: AbortSignal): Promise<readonly RegionNodes[]> {
  const all = await Promise.all(whole.parts.map(async (part): Promise<readonly RegionNodes[]> => {
    const said = (error: string) => ({ error: `service ${part.name}: ${error}` });
    try {
      const regions = await regionsOfPart(part, signal);
      return await Promise.all(regions.map(async ({ nodes, error, ...region }) => ({
        ...region,
        nodes: await ownNodes(whole, part, nodes),
        ...(error === undefined ? {} : said(error)),
      })));
    } catch (thrown) {
      signal?.throwIfAborted();
      return [{ nodes: [], ...said(messageOf(thrown)) }];
    }
  }));
  return all.flat().filter(({ nodes, error }) => nodes.length > 0 || error !== undefined);
}

function problemsOf({ name }: Part, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, message: `service ${name}: ${problem.message}` }));
}

/** What keeps the parts from working. */
export async function checkOf({ parts }: Whole, signal?: AbortSignal): Promise<readonly Problem[]> {
  const all = await Promise.all(
    parts.map(async (part) => problemsOf(part, await part.provider.check(signal))),
  );
  return all.flat();
}

/** What a closer look finds; a part that has none is checked. */
export async function diagnosisOf({ parts }: Whole, signal?: AbortSignal): Promise<Diagnosis> {
  const all = await Promise.all(parts.map(async (part): Promise<Diagnosis> => {
    const { provider } = part;
    const diagnosis = await provider.diagnose?.(signal);
    return {
      found: (diagnosis?.found ?? []).map((text) => `service ${part.name}: ${text}`),
      problems: problemsOf(part, diagnosis?.problems ?? await provider.check(signal)),
    };
  }));
  return { found: all.flatMap(({ found }) => found), problems: all.flatMap(({ problems }) => problems) };
}
