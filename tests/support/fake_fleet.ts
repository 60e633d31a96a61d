// A provider as a plugin, whose machines are lines in a file of its own: enough to hold the host to the contract.
import {
  type CreateRequest,
  type Node,
  type NodeSpec,
  PalletError,
  type Problem,
  type ProviderKind,
  readOptions,
} from "pallet/plugin";
import { imageNamed, retagged, routeTo } from "./fake_nodes.ts";

const image = imageNamed("only");

function problemsOf(spec: NodeSpec): readonly Problem[] {
  const wanted = spec.image?.imageId;
  if (wanted === undefined || wanted === image.id) return [];
  return [{ path: "image.imageId", message: `there is no image "${wanted}"` }];
}

function checked(request: CreateRequest): void {
  const [problem] = problemsOf(request.nodeSpec);
  if (problem !== undefined) throw new PalletError(problem.message, { kind: "provider" });
}

/** Machines in a file. */
export const provider: ProviderKind = {
  name: "fake",
  summary: "machines in a file",
  open: async (service, { stateDir, progress }) => {
    readOptions(service.options, {});
    const file = `${stateDir}/${service.name}.json`;
    await Deno.mkdir(stateDir, { recursive: true });
    // Calls come at the same time; the file is one thing at a time.
    let busy: Promise<unknown> = Promise.resolve();
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const turn = busy.then(work);
      busy = turn.catch(() => undefined);
      return turn;
    };
    const stored = async (): Promise<readonly Node[]> => {
      try {
        return JSON.parse(await Deno.readTextFile(file));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return [];
        throw error;
      }
    };
    const read = () => inTurn(stored);
    const write = (made: (nodes: readonly Node[]) => readonly Node[]): Promise<void> =>
      inTurn(async () => await Deno.writeTextFile(file, JSON.stringify(made(await stored()))));
    const change = (made: (node: Node) => Node | undefined): Promise<void> =>
      write((nodes) => nodes.map(made).filter((node) => node !== undefined));
    const set = (state: Node["state"]) => (nodes: readonly Node[]) =>
      change((node) => nodes.some(({ id }) => id === node.id) ? { ...node, state } : node);
    return {
      name: service.provider,
      capabilities: { create: true, destroy: true, stop: true, tag: true },
      check: () => Promise.resolve([]),
      images: () => Promise.resolve([image]),
      hardware: () =>
        Promise.resolve([{ id: "s", cores: 1, ram: 512, description: "small", origin: "built in" }]),
      validate: (spec) => Promise.resolve(problemsOf(spec)),
      imageFor: (spec) => Promise.resolve(problemsOf(spec).length === 0 ? image : undefined),
      nodes: read,
      estimate: () => Promise.resolve({ image: image.id, hardware: "s", pricePerHour: 0.01 }),
      async *create(request) {
        checked(request);
        for (const name of request.names) {
          progress(`making ${name}`);
          const known = (await read()).find((node) => node.name === name);
          const node: Node = known ?? {
            id: `${service.name}/${name}`,
            name,
            service: "what it says",
            provider: "is not looked at",
            group: request.group,
            state: "running",
            primaryIp: "127.0.0.1",
            tags: request.tags,
          };
          if (known === undefined) await write((nodes) => [...nodes, node]);
          yield { name, node };
        }
      },
      async *ready(node) {
        yield { step: "address", message: node.primaryIp ?? "" };
        await change((one) => one.id === node.id ? { ...one, state: "running" } : one);
        yield { step: "done", message: "" };
      },
      start: set("running"),
      stop: set("stopped"),
      reboot: set("running"),
      destroy: (nodes) => change((node) => nodes.some(({ id }) => id === node.id) ? undefined : node),
      tag: (node, tags) => change((one) => one.id === node.id ? { ...one, tags: retagged(one, tags) } : one),
      ensureGroup: () => Promise.resolve(),
      removeGroup: () => Promise.resolve(),
      route: (node) => Promise.resolve(routeTo(node)),
      close: () => Promise.resolve(),
    };
  },
};
