// Nodes of a service in all regions of its account: what is billed and was forgotten.
import { messageOf } from "../../engine/errors.ts";
import type { RegionNodes } from "../../engine/provider/provider.ts";
import { accessOf } from "./access.ts";
import { openApi } from "./api.ts";
import { inWords } from "./errors.ts";
import { nodeOf, ownInstances } from "./nodes.ts";
import type { Ec2Options } from "./options.ts";

/** Nodes of a service by region, for regions that have some or could not be listed. */
export async function nodesOfAllRegions(
  service: string,
  options: Ec2Options,
  signal?: AbortSignal,
): Promise<readonly RegionNodes[]> {
  const access = accessOf(options);
  const types = {
    named: () => Promise.resolve(undefined),
    all: () => Promise.resolve([]),
    known: () => undefined,
  };
  const owner = { service, types, address: options.address };
  const home = openApi(access);
  let names: readonly string[];
  try {
    const { Regions: regions = [] } = await home.describeRegions({}, signal);
    names = regions.flatMap(({ RegionName }) => RegionName ?? []).sort();
  } catch (thrown) {
    throw inWords(thrown, "list regions");
  } finally {
    home.close();
  }
  const found = await Promise.all(names.map(async (region): Promise<RegionNodes> => {
    const api = openApi({ ...access, region });
    try {
      const instances = await ownInstances(api, options.scope, {
        gone: false,
        ...(signal === undefined ? {} : { signal }),
      });
      return { region, nodes: instances.map((instance) => nodeOf(instance, owner)) };
    } catch (thrown) {
      signal?.throwIfAborted();
      return { region, nodes: [], error: messageOf(thrown) };
    } finally {
      api.close();
    }
  }));
  return found.filter(({ nodes, error }) => nodes.length > 0 || error !== undefined);
}
