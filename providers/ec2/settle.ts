// Which instance of a launch is which node, and nodes that only the journal knows.
import type { Instance } from "@aws-sdk/client-ec2";
import { PalletError } from "../../engine/errors.ts";
import type { Node } from "../../engine/spec/node.ts";
import { isRefusal } from "./errors.ts";
import type { Launch } from "./journal.ts";
import { type Launched, type Launcher, run } from "./launch.ts";
import { nodeOf, type Owner, ownInstances, placeInLaunch } from "./nodes.ts";
import { TAG, tagOf } from "./tags.ts";

/** Instances of a launch by the names of their nodes, and the names that EC2 made none for. */
export function launchedNames(
  { launch, instances }: Launched,
): { readonly instances: ReadonlyMap<string, Instance>; readonly missing: readonly string[] } {
  const byName = new Map<string, Instance>();
  for (const [at, instance] of instances.entries()) {
    const name = launch.names[instance.AmiLaunchIndex ?? at];
    if (name !== undefined) byName.set(name, instance);
  }
  return { instances: byName, missing: launch.names.filter((name) => !byName.has(name)) };
}

/** Nodes that only the journal knows, as EC2 has them. */
export interface Settler {
  /**
   * A node as EC2 has it: one of a launch that nobody knows the end of is asked for once more, by its token. Nothing
   * when EC2 made none.
   */
  settled(node: Node, signal?: AbortSignal): Promise<Node | undefined>;
  /** As `settled`. @throws {PalletError} when EC2 did not make it. */
  settledOrThrow(node: Node, signal?: AbortSignal): Promise<Node>;
}

/** Settles what the journal has. Nodes of one launch share one call. */
export function openSettler(launcher: Launcher, scope: string, owner: Owner): Settler {
  const { api, journal } = launcher;
  const running = new Map<string, Promise<Launched>>();
  const runOnce = (launch: Launch, signal?: AbortSignal): Promise<Launched> => {
    const asked = running.get(launch.token) ?? run(launcher, launch, true, signal);
    running.set(launch.token, asked);
    return asked;
  };

  const settled = async (node: Node, signal?: AbortSignal): Promise<Node | undefined> => {
    const place = placeInLaunch(node);
    if (place === undefined) return node;
    const launch = (await journal.launches()).find(({ token }) => token === place.token);
    if (launch === undefined) {
      // It is in the listings since, or was never made.
      const all = await ownInstances(api, scope, {
        gone: false,
        ...(signal === undefined ? {} : { signal }),
      });
      const made = all.find(({ Tags, AmiLaunchIndex }) =>
        tagOf(Tags, TAG.launch) === place.token && (AmiLaunchIndex ?? 0) === place.at
      );
      return made === undefined ? undefined : { ...nodeOf(made, owner), name: node.name };
    }
    if (launch.ids !== undefined) {
      const id = launch.ids[place.at];
      return id === undefined ? undefined : { ...node, id };
    }
    try {
      const instance = launchedNames(await runOnce(launch, signal)).instances.get(node.name);
      return instance === undefined ? undefined : { ...nodeOf(instance, owner), name: node.name };
    } catch (thrown) {
      running.delete(launch.token);
      const left = (await journal.launches()).some(({ token }) => token === launch.token);
      if (isRefusal(thrown) && !left) return undefined;
      throw thrown;
    }
  };

  return {
    settled,
    async settledOrThrow(node, signal) {
      const found = await settled(node, signal);
      if (found !== undefined) return found;
      throw new PalletError(`Node "${node.name}" was asked for and EC2 did not make it`, {
        kind: "provider",
        help: "Run the command again: it is asked for anew.",
      });
    },
  };
}
