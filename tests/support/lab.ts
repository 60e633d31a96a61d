// A project with a lab of its own: what users have in front of them, taken down whatever happens.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Event } from "../../engine/events.ts";
import type { Provider } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { SshRoute } from "../../engine/transport/connection.ts";
import { onNode, openLab, tracesOf, whyNoLab } from "../../providers/lab/test_support.ts";
import { type CliRun, type RunningCli, startCli } from "./cli.ts";

const why = await whyNoLab();
if (why !== undefined) console.log(`Not tested on lab nodes: ${why}`);

/** Whether lab nodes cannot be made here; the reason is printed once. */
export const noLab: boolean = why !== undefined;

/** A folder with an infra file, a configuration, state of its own, and lab nodes that only it knows. */
export interface LabProject {
  readonly folder: string;
  /** The lab from behind the command line's back: to destroy, reboot and look. */
  readonly lab: Provider;
  /** Writes a file of the project. */
  write(name: string, text: string): Promise<void>;
  /** Runs `pallet ... --json` to its end. */
  run(...args: readonly string[]): Promise<CliRun>;
  /** Runs it and insists that it succeeds. */
  ok(...args: readonly string[]): Promise<CliRun>;
  /** Starts it; the caller sees to it that it ends. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): RunningCli;
  node(name: string): Promise<Node>;
  names(): Promise<readonly string[]>;
  route(name: string): Promise<SshRoute>;
  /** What a command prints on a node; one that fails is an error. */
  on(name: string, command: string): Promise<string>;
  /** Whatever the machine has of the lab. */
  traces(): Promise<readonly string[]>;
}

const YAML = `services:
  test: { provider: lab, image: host }
default-service: test
defaults: { connect-timeout: 20, reconnect-timeout: 20 }
`;

async function projectIn(folder: string, lab: Provider, running: Set<RunningCli>): Promise<LabProject> {
  const state = join(folder, "state");
  const node = async (name: string): Promise<Node> => {
    const found = (await lab.nodes()).find((one) => one.name === name);
    assert.ok(found !== undefined, `there is a node ${name}`);
    return found;
  };
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCli => {
    const cli = startCli(args, { cwd: folder, env: { XDG_STATE_HOME: state, ...env } });
    running.add(cli);
    return cli;
  };
  const run = (...args: readonly string[]) => start(args).finished;
  const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
  await write("pallet.yaml", YAML);
  return {
    folder,
    lab,
    write,
    run,
    start,
    node,
    async ok(...args) {
      const done = await run(...args);
      assert.equal(done.status, 0, `pallet ${args.join(" ")} ended with ${done.status}:\n${done.err}`);
      return done;
    },
    async names() {
      return (await lab.nodes()).map((one) => one.name).sort();
    },
    async route(name) {
      const route = await lab.route(await node(name));
      assert.ok(route.kind === "ssh");
      return route;
    },
    async on(name, command) {
      const { status, output } = await onNode(lab, await node(name), command);
      assert.equal(status, 0, `"${command}" on ${name}: ${output}`);
      return output;
    },
    traces: () => tracesOf(join(state, "pallet/providers/lab")),
  };
}

/** Runs a test in a project with this infra file; afterwards nothing of it is on the machine. */
export async function withLab(infra: string, body: (project: LabProject) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-cross-" });
  const lab = await openLab(join(folder, "state/pallet/providers/lab"));
  const running = new Set<RunningCli>();
  try {
    const project = await projectIn(folder, lab, running);
    await project.write("infra.ts", infra);
    await body(project);
  } finally {
    // Whatever is wrong with one, the nodes must go.
    await Promise.allSettled([...running].map((cli) => cli.end()));
    const nodes = await lab.nodes();
    if (nodes.length > 0) await lab.destroy(nodes);
    await lab.close();
    assert.deepEqual(await tracesOf(join(folder, "state/pallet/providers/lab")), []);
    await Deno.remove(folder, { recursive: true });
  }
}

/** A test on nodes of a lab of its own. */
export function labTest(name: string, infra: string, body: (project: LabProject) => Promise<void>): void {
  Deno.test({ name, ignore: noLab, fn: () => withLab(infra, body) });
}

/** Events of one type, in order. */
export function of<T extends Event["type"]>(
  run: { readonly events: readonly Event[] },
  type: T,
): readonly Extract<Event, { readonly type: T }>[] {
  return run.events.filter((event): event is Extract<Event, { readonly type: T }> => event.type === type);
}
