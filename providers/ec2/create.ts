// Nodes of a request: those that exist are taken, what was begun is asked for again, the rest is made.
import type { Instance } from "@aws-sdk/client-ec2";
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { CreateRequest, CreateResult } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { Launch } from "./journal.ts";
import { launchesOf, type Mold } from "./input.ts";
import { type Launched, type Launcher, run } from "./launch.ts";
import { nameOf } from "./naming.ts";
import { elderFirst, isGone, nodeOf, type Owner, ownInstances, placeInLaunch } from "./nodes.ts";
import { launchedNames } from "./settle.ts";

/** What making nodes takes. */
export interface Workshop extends Launcher {
  readonly scope: string;
  readonly owner: Owner;
  readonly progress: (message: string) => void;
  nodes(signal?: AbortSignal): Promise<readonly Node[]>;
  mold(request: CreateRequest, signal?: AbortSignal): Promise<Mold>;
}

/** Calls of RunInstances that run at one time: EC2 takes two a second. */
const callsAtOnce = 2;

function failed(names: readonly string[], thrown: unknown): readonly CreateResult[] {
  const help = thrown instanceof PalletError ? thrown.help : undefined;
  return names.map((name) => ({ name, error: messageOf(thrown), ...(help === undefined ? {} : { help }) }));
}

/** What came of launches, those that failed among them. */
interface Outcome {
  readonly made: readonly Launched[];
  readonly failures: readonly CreateResult[];
}

async function runAll(
  shop: Workshop,
  launches: readonly Launch[],
  again: boolean,
  signal?: AbortSignal,
): Promise<Outcome> {
  const waiting = [...launches];
  const made: Launched[] = [];
  const failures: CreateResult[] = [];
  const worker = async () => {
    for (let launch = waiting.shift(); launch !== undefined; launch = waiting.shift()) {
      try {
        signal?.throwIfAborted();
        const launched = await run(shop, launch, again, signal);
        made.push(launched);
        const { missing } = launchedNames(launched);
        if (missing.length > 0) {
          const count = `${launched.instances.length} of ${launch.names.length}`;
          failures.push(...missing.map((name) => ({
            name,
            error: `EC2 had capacity for ${count} only`,
            help:
              "Those that were made are kept. Run the command again later, or choose another zone or type.",
          })));
        }
      } catch (thrown) {
        failures.push(...failed(launch.names, thrown));
      }
    }
  };
  await Promise.all(Array.from({ length: callsAtOnce }, worker));
  return { made, failures };
}

/**
 * Instances that somebody else made at the same time under names of ours. The younger of two goes: whoever made it
 * sees the elder, and removes its own.
 */
async function withoutDoubles(
  shop: Workshop,
  group: string,
  made: readonly Launched[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Instance>> {
  const own = new Map(made.flatMap((launched) => [...launchedNames(launched).instances]));
  if (own.size === 0) return own;
  const listed = await ownInstances(shop.api, shop.scope, {
    group,
    gone: false,
    ...(signal === undefined ? {} : { signal }),
  });
  const kept = new Map(own);
  for (const [name, instance] of own) {
    const rivals = listed.filter((one) => nameOf(one) === name && !isGone(one));
    const [elder] = elderFirst([
      ...rivals.filter(({ InstanceId }) => InstanceId !== instance.InstanceId),
      instance,
    ]);
    if (elder === undefined || elder.InstanceId === instance.InstanceId) continue;
    shop.progress(
      `Two instances are ${name}: ${elder.InstanceId} was there first, ${instance.InstanceId}, just made, is removed`,
    );
    await shop.api.terminateInstances({ InstanceIds: [instance.InstanceId ?? ""] }, signal);
    kept.set(name, elder);
  }
  return kept;
}

/** Makes the nodes of a request. */
export async function* createNodes(
  shop: Workshop,
  request: CreateRequest,
  signal?: AbortSignal,
): AsyncGenerator<CreateResult> {
  // A spec that cannot be honoured is refused before anything is looked at.
  const mold = await shop.mold(request, signal);
  const listed = new Map((await shop.nodes(signal)).map((node) => [node.name, node]));
  const launches = await shop.journal.launches();
  const begun = new Set<Launch>();
  const missing: string[] = [];
  for (const name of request.names) {
    const node = listed.get(name);
    if (node === undefined) {
      missing.push(name);
      continue;
    }
    if (node.group !== request.group) {
      throw new PalletError(
        `Cannot make node "${name}" of group "${request.group}": group "${node.group}" has a node of that name`,
        { kind: "provider" },
      );
    }
    const launch = launches.find(({ token, ids }) =>
      ids === undefined && token === placeInLaunch(node)?.token
    );
    if (launch === undefined) yield { name, node };
    else begun.add(launch);
  }
  const asked = await runAll(shop, [...begun], true, signal);
  const fresh = await runAll(
    shop,
    missing.length === 0 ? [] : launchesOf(request, mold, missing),
    false,
    signal,
  );
  const made = [...asked.made, ...fresh.made];
  for (const failure of [...asked.failures, ...fresh.failures]) {
    if (request.names.includes(failure.name)) yield failure;
  }
  const instances = await withoutDoubles(shop, request.group, made, signal);
  for (const [name, instance] of instances) {
    if (request.names.includes(name)) yield { name, node: { ...nodeOf(instance, shop.owner), name } };
  }
}
