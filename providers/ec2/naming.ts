// Names that people see in AWS's console. One call gives all of its instances that of their group, and each gets its
// own afterwards; who they are is in their other tags from the first on.
import type { Instance } from "@aws-sdk/client-ec2";
import { messageOf } from "../../engine/errors.ts";
import type { Ec2Api } from "./api.ts";
import { isNotFound } from "./errors.ts";
import { insist } from "./insist.ts";
import { plainTags, splitNames, TAG, tagOf } from "./tags.ts";

/** Seconds for which EC2 may not know what was just made. */
const newTime = 60;
/** Calls that run at one time. */
const callsAtOnce = 5;

/** Name that an instance was launched under. */
export function nameOf(instance: Instance): string | undefined {
  const names = tagOf(instance.Tags, TAG.names);
  return names === undefined ? undefined : splitNames(names)[instance.AmiLaunchIndex ?? 0];
}

/** Gives instances their names. */
export interface Naming {
  /** Names instances that were just made, by their launch index. What goes wrong is told, and mended later. */
  give(names: readonly string[], instances: readonly Instance[], signal?: AbortSignal): Promise<void>;
  /** Takes note of what is listed. */
  see(instances: readonly Instance[]): void;
  /** Names those of a group that were listed without a name of their own: whoever made them did not come to it. */
  mend(group: string, signal?: AbortSignal): Promise<void>;
}

/** Whether an instance has the name of its group and should have one of its own. */
function isUnnamed(instance: Instance): boolean {
  const [name, group] = [nameOf(instance), tagOf(instance.Tags, TAG.group)];
  return name !== undefined && name !== group && tagOf(instance.Tags, "Name") === group;
}

/** Names by EC2. `progress` is told what goes wrong: nothing depends on it but people. */
export function openNaming(api: Ec2Api, progress: (message: string) => void): Naming {
  let unnamed: readonly Instance[] = [];

  const nameAll = async (
    named: readonly (readonly [name: string, instance: Instance])[],
    signal?: AbortSignal,
  ): Promise<void> => {
    const waiting = [...named];
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [name, { InstanceId: id = "" }] = next;
        const input = { Resources: [id], Tags: plainTags({ Name: name }) };
        await insist(() => api.createTags(input, signal), { seconds: newTime, passes: isNotFound, signal });
      }
    };
    try {
      await Promise.all(Array.from({ length: callsAtOnce }, worker));
    } catch (thrown) {
      signal?.throwIfAborted();
      progress(`Some instances keep the name of their group: ${messageOf(thrown)}`);
    }
  };

  return {
    async give(names, instances, signal) {
      // One alone has its name from its call.
      if (names.length < 2) return;
      await nameAll(instances.map((instance, at) => [names[at] ?? "", instance]), signal);
    },
    see(instances) {
      unnamed = instances.filter(isUnnamed);
    },
    async mend(group, signal) {
      const own = unnamed.filter(({ Tags }) => tagOf(Tags, TAG.group) === group);
      await nameAll(own.map((instance) => [nameOf(instance) ?? "", instance]), signal);
      unnamed = unnamed.filter((instance) => !own.includes(instance));
    },
  };
}
