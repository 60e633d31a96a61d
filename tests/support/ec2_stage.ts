// An EC2 with faults, and services that use it; one for each file of tests.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { JsonObject } from "../../engine/json.ts";
import type { CreateRequest, CreateResult } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import { ec2Options } from "../../providers/ec2/options.ts";
import { type Ec2Provider, makeEc2 } from "../../providers/ec2/provider.ts";
import { type Ec2Faults, startEc2Faults } from "./ec2_faults.ts";
import { debian12, motoEnvironment, noMoto, startMoto, useMotoCredentials } from "./moto.ts";
import { type Outcome, pallet } from "./process.ts";

/** A public key that nobody has the private half of. */
export const publicKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJTi1uCvw1iiRxEPYFDbmkpgS1rl6C0Sit3HBSzsV/GV test";

/** What nodes of the tests are made of. */
export const nodeSpec = { image: { imageId: debian12 }, hardware: { hardwareId: "t3.micro" } };

/** A service that is open. */
export interface Service extends Ec2Provider {
  /** Where it keeps its state. */
  readonly stateDir: string;
  /** What it said. */
  readonly said: readonly string[];
}

/** What a test of EC2 has. */
export interface Stage {
  readonly faults: Ec2Faults;
  /** Opens a service named `test`; those of one state folder share what they know of unfinished calls. */
  open(options?: JsonObject, stateDir?: string): Promise<Service>;
  /** EC2 without the proxy, as somebody else uses it: parameters of a call, and its answer. */
  call(
    action: string,
    parameters?: Readonly<Record<string, string>>,
    service?: "ec2" | "iam",
  ): Promise<string>;
}

/** Options of a service whose nodes nobody listens at. */
export function serviceOptions(url: string, options: JsonObject = {}): JsonObject {
  return {
    region: "eu-west-1",
    endpoint: url,
    address: "id",
    "public-key": publicKey,
    ...options,
    timeouts: { console: 0, ...options["timeouts"] as JsonObject | undefined },
  };
}

async function callEc2(
  url: string,
  action: string,
  parameters: Readonly<Record<string, string>> = {},
  service = "ec2",
): Promise<string> {
  const reply = await fetch(url, {
    method: "POST",
    body: new URLSearchParams({
      Action: action,
      Version: service === "iam" ? "2010-05-08" : "2016-11-15",
      ...parameters,
    }),
    headers: {
      authorization:
        `AWS4-HMAC-SHA256 Credential=test/20240101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
  });
  const text = await reply.text();
  assert.ok(reply.ok, text);
  return text;
}

let shared:
  | Promise<{ readonly moto: Awaited<ReturnType<typeof startMoto>>; readonly faults: Ec2Faults }>
  | undefined;

async function start() {
  useMotoCredentials();
  const moto = await startMoto();
  // Its first answers take seconds, in which others would time out.
  for (const action of ["DescribeInstanceTypes", "DescribeImages", "DescribeSubnets"]) {
    await callEc2(moto.url, action);
  }
  return { moto, faults: startEc2Faults(moto.url) };
}

/** A test against an EC2 of its own, empty at first. */
export function ec2Test(name: string, body: (stage: Stage) => Promise<void>): void {
  Deno.test({
    name,
    ignore: noMoto !== undefined,
    // The EC2 is started by the first test and ended by the last.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const { moto, faults } = await (shared ??= start());
      await moto.reset();
      faults.reset();
      const folders: string[] = [];
      const services: Service[] = [];
      try {
        await body({
          faults,
          async open(options = {}, given) {
            const stateDir = given ?? await Deno.makeTempDir({ prefix: "pallet-ec2-" });
            if (given === undefined) folders.push(stateDir);
            const said: string[] = [];
            const service = { name: "test", provider: "ec2", options: serviceOptions(faults.url, options) };
            const provider = makeEc2(service, ec2Options(service), {
              stateDir,
              cacheDir: `${stateDir}/cache`,
              progress: (message) => said.push(message),
            });
            const opened = { ...provider, stateDir, said };
            services.push(opened);
            return opened;
          },
          async call(action, parameters, service) {
            return await callEc2(moto.url, action, parameters, service);
          },
        });
      } finally {
        for (const service of services) await service.close();
        for (const folder of folders) await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** The last test of a file. */
export function ec2Ended(): void {
  Deno.test({
    name: "the EC2 of the tests is ended",
    ignore: noMoto !== undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const running = await shared;
      await running?.faults.close();
      await running?.moto.close();
    },
  });
}

/** A request for some nodes of a group. */
export function request(group: string, count: number, more: Partial<CreateRequest> = {}): CreateRequest {
  const names = Array.from({ length: count }, (_, at) => `${group}-${at + 1}`);
  return { group, names, nodeSpec, tags: { run: "r1" }, token: "t", ...more };
}

/** Makes nodes, those that fail among the results. */
export async function create(service: Service, asked: CreateRequest): Promise<readonly CreateResult[]> {
  return await Array.fromAsync(service.create(asked));
}

/** Makes nodes; one that fails is an error. */
export async function make(service: Service, asked: CreateRequest): Promise<readonly Node[]> {
  return (await create(service, asked)).map((result) => {
    assert.ok("node" in result, JSON.stringify(result));
    return result.node;
  }).sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
}

/** Instances that run, by their ids, as EC2 without the proxy tells them. */
export async function running(stage: Stage): Promise<readonly string[]> {
  const xml = await stage.call("DescribeInstances", {
    "Filter.1.Name": "instance-state-name",
    "Filter.1.Value.1": "pending",
    "Filter.1.Value.2": "running",
    "Filter.1.Value.3": "stopped",
  });
  return [...new Set([...xml.matchAll(/<instanceId>(i-[0-9a-f]+)</g)].map((match) => match[1] ?? ""))];
}

/** The error that something ends with. */
export async function failure(work: Promise<unknown>): Promise<Error & { readonly help?: string }> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

/** Runs `pallet` in a project whose one service is that of a stage, with a group of two. */
export function palletWith(stage: Stage, options: JsonObject, ...args: readonly string[]): Promise<Outcome> {
  return palletAmong(stage, options, {}, ...args);
}

/** {@linkcode palletWith}, with other services beside. */
export async function palletAmong(
  stage: Stage,
  options: JsonObject,
  others: JsonObject,
  ...args: readonly string[]
): Promise<Outcome> {
  const cwd = await Deno.makeTempDir({ prefix: "pallet-ec2-cli-" });
  try {
    const test = { provider: "ec2", ...serviceOptions(stage.faults.url, options) };
    await Deno.writeTextFile(join(cwd, "pallet.yaml"), JSON.stringify({ services: { test, ...others } }));
    await Deno.writeTextFile(
      join(cwd, "infra.ts"),
      `import { groupSpec } from "pallet";\nexport const web = groupSpec("web", { count: 2 });\n`,
    );
    const env = {
      ...motoEnvironment,
      XDG_STATE_HOME: join(cwd, "state"),
      XDG_CACHE_HOME: join(cwd, "cache"),
    };
    return await pallet(args, { cwd, env });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
