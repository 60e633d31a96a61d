// Looks at instances by their ids; those who look at the same time share one call.
import type { Instance, InstanceStatus } from "@aws-sdk/client-ec2";
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
  /** What EC2's own checks say of an instance; nothing while it has none. */
  check(id: string): Promise<InstanceStatus | undefined>;
}

/** Looks of many as one: `look` finds what there is of some ids. */
function gathered<T>(
  look: (ids: readonly string[]) => AsyncIterable<readonly (readonly [id: string | undefined, value: T])[]>,
): (id: string) => Promise<T | undefined> {
  let waiting: Map<string, PromiseWithResolvers<T | undefined>> | undefined;

  const send = async (): Promise<void> => {
    const asked = waiting ?? new Map<string, PromiseWithResolvers<T | undefined>>();
    waiting = undefined;
    try {
      const found = new Map<string | undefined, T>();
      const ids = [...asked.keys()];
      for (let at = 0; at < ids.length; at += mostIds) {
        for await (const page of look(ids.slice(at, at + mostIds))) {
          for (const [id, value] of page) found.set(id, value);
        }
      }
      for (const [id, { resolve }] of asked) resolve(found.get(id));
    } catch (thrown) {
      for (const { reject } of asked.values()) reject(thrown);
    }
  };

  return (id) => {
    if (waiting === undefined) {
      waiting = new Map();
      setTimeout(() => void send(), gathering);
    }
    const asked = waiting.get(id) ?? Promise.withResolvers<T | undefined>();
    waiting.set(id, asked);
    return asked.promise;
  };
}

/** Instances of a scope by their ids. Ids go into a filter: one that EC2 does not know yet is no error there. */
export function openWatch(api: Ec2Api, scope: string): Watch {
  return {
    see: gathered(async function* (ids) {
      const Filters = [
        { Name: "instance-id", Values: [...ids] },
        { Name: `tag:${TAG.service}`, Values: [scope] },
      ];
      for await (const { Reservations = [] } of pages(api.describeInstances, { Filters, MaxResults: 1000 })) {
        const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
        yield instances.filter(({ Tags }) => tagOf(Tags, TAG.service) === scope)
          .map((instance) => [instance.InstanceId, instance] as const);
      }
    }),
    check: gathered(async function* (ids) {
      const input = { Filters: [{ Name: "instance-id", Values: [...ids] }], MaxResults: 1000 };
      for await (const { InstanceStatuses = [] } of pages(api.describeInstanceStatus, input)) {
        yield InstanceStatuses.map((status) => [status.InstanceId, status] as const);
      }
    }),
  };
}
