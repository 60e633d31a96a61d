// Looks at instances by their ids; those who look at the same time share one call.
import type { Instance } from "@aws-sdk/client-ec2";
import { type Ec2Api, pages } from "./api.ts";
import { TAG, tagOf } from "./tags.ts";

/** Milliseconds for which a look waits for others. */
const gathering = 50;
/** Ids of one call. */
const mostIds = 200;

/** Sees instances of ours. */
export interface Watch {
  /** An instance of ours; nothing when EC2 shows none of that id that is ours. */
  see(id: string): Promise<Instance | undefined>;
}

/** Instances of a scope by their ids. Ids go into a filter: one that EC2 does not know yet is no error there. */
export function openWatch(api: Ec2Api, scope: string): Watch {
  let waiting: Map<string, PromiseWithResolvers<Instance | undefined>> | undefined;

  const look = async (ids: readonly string[]): Promise<ReadonlyMap<string, Instance>> => {
    const found = new Map<string, Instance>();
    for (let at = 0; at < ids.length; at += mostIds) {
      const Filters = [
        { Name: "instance-id", Values: ids.slice(at, at + mostIds) },
        { Name: `tag:${TAG.service}`, Values: [scope] },
      ];
      for await (const page of pages(api.describeInstances, { Filters, MaxResults: 1000 })) {
        for (const instance of page.Reservations?.flatMap(({ Instances = [] }) => Instances) ?? []) {
          if (tagOf(instance.Tags, TAG.service) === scope) found.set(instance.InstanceId ?? "", instance);
        }
      }
    }
    return found;
  };

  const send = async (): Promise<void> => {
    const asked = waiting ?? new Map<string, PromiseWithResolvers<Instance | undefined>>();
    waiting = undefined;
    try {
      const found = await look([...asked.keys()]);
      for (const [id, { resolve }] of asked) resolve(found.get(id));
    } catch (thrown) {
      for (const { reject } of asked.values()) reject(thrown);
    }
  };

  return {
    see(id) {
      if (waiting === undefined) {
        waiting = new Map();
        setTimeout(() => void send(), gathering);
      }
      const asked = waiting.get(id) ?? Promise.withResolvers<Instance | undefined>();
      waiting.set(id, asked);
      return asked.promise;
    },
  };
}
