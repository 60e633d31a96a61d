// Making instances: a call of RunInstances is journalled before it is made, and made again until its end is known.
import type { Instance, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { Ec2Api } from "./api.ts";
import { codeOf, isRefusal } from "./errors.ts";
import { insist } from "./insist.ts";
import type { Journal, Launch } from "./journal.ts";
import type { Naming } from "./naming.ts";

/** Seconds for which EC2 may not know what was just made. */
const newTime = 60;

/** What launching takes. */
export interface Launcher {
  readonly api: Ec2Api;
  readonly journal: Journal;
  readonly naming: Naming;
}

/** What came of a launch. */
export interface Launched {
  readonly launch: Launch;
  /** By launch index; fewer than names where EC2 had no more. */
  readonly instances: readonly Instance[];
}

/**
 * Makes the call of a launch, for the first time or again: with its token EC2 makes nothing twice. What EC2 refused is
 * taken out of the journal; what nobody knows the end of stays there, for the next who looks.
 *
 * @param again Whether the call may have been made before.
 */
export async function run(
  { api, journal, naming }: Launcher,
  launch: Launch,
  again: boolean,
  signal?: AbortSignal,
): Promise<Launched> {
  if (!again) await journal.write(launch);
  const input = { ...launch.input, ClientToken: launch.token } as RunInstancesRequest;
  let made: readonly Instance[];
  try {
    ({ Instances: made = [] } = await insist(() => api.runInstances(input, signal), {
      seconds: newTime,
      // What was just made for it: a security group, a key pair.
      passes: (thrown) => /^Invalid(?:Group|KeyPair)\.NotFound$/.test(codeOf(thrown)),
      signal,
    }));
  } catch (thrown) {
    throw await verdict(journal, launch, again, thrown);
  }
  const instances = made.toSorted((one, other) => (one.AmiLaunchIndex ?? 0) - (other.AmiLaunchIndex ?? 0));
  // Before its end is known: whoever comes after a crash asks again, and names them.
  await naming.give(launch.names, instances, signal);
  const ids = instances.map(({ InstanceId }) => InstanceId ?? "");
  await journal.write({ ...launch, names: launch.names.slice(0, ids.length), ids });
  return { launch, instances };
}

/** What a failed call means for its launch. */
async function verdict(journal: Journal, launch: Launch, again: boolean, thrown: unknown): Promise<unknown> {
  const forbidden = /^(?:UnauthorizedOperation|AccessDenied)/.test(codeOf(thrown));
  if (isRefusal(thrown) && !(again && forbidden)) {
    await journal.remove(launch.token);
    return thrown;
  }
  return new PalletError(
    `It is not known whether EC2 made ${launch.names.join(", ")}: ${messageOf(thrown)}`,
    {
      kind: "provider",
      help: "Run the command again: it asks EC2 the same once more, which makes nothing twice." +
        (thrown instanceof PalletError && thrown.help !== undefined ? ` ${thrown.help}` : ""),
      cause: thrown,
    },
  );
}
