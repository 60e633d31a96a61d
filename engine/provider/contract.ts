import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { Node } from "../spec/node.ts";
import type { NodeSpec } from "../spec/types.ts";
import type { CreateRequest, Provider, ProviderContext, ProviderKind } from "./provider.ts";

/** What a provider is tested with. */
export interface ContractSubject {
  readonly kind: ProviderKind;
  /** Options of the service that is opened; none of its nodes exists but those that the options name. */
  readonly options: JsonObject;
  /** What nodes are made of; not looked at where the provider makes none. */
  readonly nodeSpec?: NodeSpec;
  /** Nodes that one request makes; 2 unless told. */
  readonly count?: number;
  /** Folder kept from one run to the next; a temporary one unless told. */
  readonly cacheDir?: string;
  /** How it reads folders of models, where it takes any. */
  readonly readModels?: ProviderContext["readModels"];
  /** Why it cannot be tested here; printed, and all tests are ignored. */
  readonly ignore?: string;
}

async function withProvider(
  subject: ContractSubject,
  stateDir: string,
  use: (provider: Provider) => Promise<void>,
): Promise<void> {
  const provider = await subject.kind.open(
    { name: "contract", provider: subject.kind.name, options: subject.options },
    {
      stateDir,
      cacheDir: subject.cacheDir ?? `${stateDir}/cache`,
      progress: () => {},
      ...(subject.readModels === undefined ? {} : { readModels: subject.readModels }),
    },
  );
  try {
    await use(provider);
  } finally {
    await provider.close();
  }
}

function isPlain(value: unknown): void {
  assert.deepEqual(JSON.parse(JSON.stringify(value)), value, "is plain data");
}

async function refused(kind: PalletError["kind"], work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof PalletError, `is a PalletError, not ${error}`);
    assert.equal(error.kind, kind);
    return true;
  });
}

async function make(provider: Provider, request: CreateRequest): Promise<readonly Node[]> {
  const results = await Array.fromAsync(provider.create(request));
  assert.deepEqual(results.map(({ name }) => name).sort(), [...request.names].sort());
  return results.map((result) => {
    assert.ok("node" in result, `made: ${JSON.stringify(result)}`);
    return result.node;
  }).sort((one, other) => one.name.localeCompare(other.name));
}

async function stateOf(provider: Provider, name: string): Promise<string | undefined> {
  return (await provider.nodes()).find((node) => node.name === name)?.state;
}

async function checkReady(provider: Provider, nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map(async (node) => {
    const steps = await Array.fromAsync(provider.ready(node));
    assert.equal(steps.at(-1)?.step, "done");
    const route = await provider.route(node);
    if (route.kind === "local") return;
    assert.ok(route.port === undefined || route.port > 0 && route.port < 65536);
    for (const key of route.hostKeys) assert.match(key, /^\S+ [A-Za-z0-9+/=]+$/);
    for (const file of route.identities) {
      assert.equal(((await Deno.stat(file)).mode ?? 0) & 0o077, 0, "others cannot read a key");
    }
  }));
}

async function checkLife(subject: ContractSubject, provider: Provider): Promise<void> {
  const names = Array.from({ length: subject.count ?? 2 }, (_, at) => `life-${at + 1}`);
  const request: CreateRequest = {
    group: "life",
    names,
    nodeSpec: subject.nodeSpec ?? {},
    tags: { first: "1", "a key": "a 'value'\nof two lines" },
    token: "contract-1",
  };
  await provider.ensureGroup(request.group, request.nodeSpec);
  const made = await make(provider, request);
  const listed = (await provider.nodes()).filter(({ group }) => group === "life");
  assert.deepEqual(listed.map(({ name }) => name).sort(), names);
  for (const node of listed) {
    assert.deepEqual(node.tags, request.tags, "tags are there in the step that makes a node");
    assert.equal(node.state, "running");
  }
  await checkReady(provider, made);

  const again = await make(provider, { ...request, token: "contract-2" });
  assert.deepEqual(again.map(({ id }) => id), made.map(({ id }) => id), "names that exist are adopted");

  const [node] = made;
  assert.ok(node !== undefined);
  await provider.tag(node, { second: "2", first: null });
  const tags = (await provider.nodes()).find(({ id }) => id === node.id)?.tags;
  assert.deepEqual(tags, { "a key": request.tags["a key"], second: "2" });

  if (provider.capabilities.stop) {
    await provider.stop([node]);
    assert.equal(await stateOf(provider, node.name), "stopped");
    await provider.start([node]);
    await checkReady(provider, [node]);
    await provider.reboot([node]);
    await checkReady(provider, [node]);
    assert.equal(await stateOf(provider, node.name), "running");
  }

  await provider.destroy(made);
  const left = (await provider.nodes()).filter(({ group }) => group === "life");
  assert.deepEqual(left, [], "destroyed nodes are not listed");
  await provider.destroy(made);
  await provider.removeGroup(request.group);
}

/**
 * Registers the tests that every provider passes.
 *
 * @example
 * ```ts ignore
 * import { testProvider } from "../../engine/provider/contract.ts";
 * import { provider } from "./mod.ts";
 *
 * testProvider({ kind: provider, options: {} });
 * ```
 */
export function testProvider(subject: ContractSubject): void {
  const ignore = subject.ignore !== undefined;
  if (ignore) console.log(`provider ${subject.kind.name}: contract not tested: ${subject.ignore}`);
  const test = (what: string, use: (provider: Provider, stateDir: string) => Promise<void>) => {
    Deno.test({
      name: `provider ${subject.kind.name} ${what}`,
      ignore,
      fn: async () => {
        const stateDir = await Deno.makeTempDir({ prefix: "pallet-contract-" });
        try {
          await withProvider(subject, stateDir, (provider) => use(provider, stateDir));
        } finally {
          await Deno.remove(stateDir, { recursive: true });
        }
      },
    });
  };

  test("refuses an option that it does not know, and names it", async (_, stateDir) => {
    const service = { name: "contract", provider: subject.kind.name, options: { "no-such-option": 1 } };
    const open = () => subject.kind.open(service, { stateDir, cacheDir: stateDir, progress: () => {} });
    await refused("config", open);
    await assert.rejects(open, /no-such-option/);
  });

  test("describes itself, its images and its hardware in plain data", async (provider) => {
    assert.equal(provider.name, subject.kind.name);
    assert.deepEqual(await provider.check(), []);
    const [images, hardware] = [await provider.images(), await provider.hardware()];
    isPlain(images);
    isPlain(hardware);
    assert.equal(new Set(images.map(({ id }) => id)).size, images.length);
    assert.equal(new Set(hardware.map(({ id }) => id)).size, hardware.length);
  });

  test("lists nodes of its service, each under an id of its own", async (provider) => {
    const nodes = await provider.nodes();
    isPlain(nodes);
    assert.equal(new Set(nodes.map(({ id }) => id)).size, nodes.length);
    for (const node of nodes) {
      assert.equal(node.service, "contract");
      assert.equal(node.provider, subject.kind.name);
      assert.match(node.id, /^\S+$/);
    }
  });

  test("destroys nothing when no node is given", async (provider) => {
    await refused("provider", () => provider.destroy([]));
  });

  test("is closed twice without harm", async (provider) => {
    await provider.nodes();
    await provider.close();
  });

  test("makes nodes, keeps them, and removes them; or says that it cannot", async (provider) => {
    if (provider.capabilities.create) return await checkLife(subject, provider);
    const request = { group: "life", names: ["life-1"], nodeSpec: {}, tags: {}, token: "contract-1" };
    await refused("provider", () => Array.fromAsync(provider.create(request)));
  });

  test("refuses an image that it does not have, before anything is made", async (provider) => {
    if (!provider.capabilities.create) return;
    const nodeSpec = { image: { imageId: "no-such-image" } };
    const problems = await provider.validate(nodeSpec);
    assert.ok(problems.some(({ path }) => path.startsWith("image")), JSON.stringify(problems));
    const request = { group: "life", names: ["life-1"], nodeSpec, tags: {}, token: "contract-1" };
    await refused("provider", () => Array.fromAsync(provider.create(request)));
    assert.deepEqual((await provider.nodes()).filter(({ group }) => group === "life"), []);
  });
}
