// An operation between a provider and a transport in memory: all of it but the outermost edges.
import { definitions } from "../../engine/actions/list.ts";
import { localFiles } from "../../engine/actions/local_files.ts";
import type { Event } from "../../engine/events.ts";
import type { Wiring } from "../../engine/operate/begin.ts";
import { type Operation, start, type Stops } from "../../engine/operate/operation.ts";
import type { OperationOptions } from "../../engine/operate/options.ts";
import { openPast } from "../../engine/operate/past.ts";
import { inProcessSandbox } from "../../engine/sandbox/in_process.ts";
import { Secrets } from "../../engine/secrets/secrets.ts";
import type { ClusterSpec, GroupSpec } from "../../engine/spec/types.ts";
import { FakeProvider } from "./fake_provider.ts";
import { FakeTransport } from "./fake_transport.ts";

/** All that a test of an operation needs. */
export interface Stage {
  readonly provider: FakeProvider;
  readonly transport: FakeTransport;
  readonly events: Event[];
  /** Options that every operation takes. */
  readonly base: OperationOptions;
  readonly folder: string;
  /** Runs an operation on the specs. */
  run<O extends OperationOptions, T>(
    operation: (wiring: Wiring, options: O) => Promise<T>,
    options: Omit<O, keyof OperationOptions> & Partial<OperationOptions>,
    specs?: readonly (GroupSpec | ClusterSpec)[],
  ): Operation<T>;
  close(): Promise<void>;
}

/** Sets a stage with specs; a folder of its own holds state and cache. */
export function stage(specs: readonly (GroupSpec | ClusterSpec)[]): Stage {
  const folder = Deno.makeTempDirSync({ prefix: "pallet-operate-" });
  const provider = new FakeProvider();
  const transport = new FakeTransport();
  const events: Event[] = [];
  const directories = { state: `${folder}/state`, cache: `${folder}/cache` };
  const base: OperationOptions = {
    source: { specs },
    service: { name: "test", provider: "fake", options: {} },
    providers: [],
    directories,
    on: (event) => events.push(event),
  };
  return {
    provider,
    transport,
    events,
    base,
    folder,
    run: (operation, options, own = specs) => {
      const whole = { ...base, ...options } as Parameters<typeof operation>[1];
      const state = (whole.directories ?? directories).state;
      const { resume } = whole;
      const wiring = async (stops: Stops): Promise<Wiring> => ({
        tools: {
          secrets: new Secrets(options.secrets ?? []),
          sandbox: inProcessSandbox({ own }, folder),
          provider,
          transport,
          files: localFiles({ root: folder }),
          definitions,
        },
        directories: whole.directories ?? directories,
        infra: "test",
        stops,
        clock: Date.now(),
        seed: 1,
        listen: () => {},
        folder,
        graphHash: () => undefined,
        ...(resume === undefined ? {} : { past: await openPast(state, resume.run) }),
      });
      return start(async (stops) => await operation(await wiring(stops), whole), whole.signal);
    },
    close: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Runs a test on a stage and takes the stage away. */
export async function onStage(
  specs: readonly (GroupSpec | ClusterSpec)[],
  test: (stage: Stage) => Promise<void>,
): Promise<void> {
  const own = stage(specs);
  try {
    await test(own);
  } finally {
    await own.close();
  }
}
