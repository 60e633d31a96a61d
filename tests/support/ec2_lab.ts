// A project whose nodes are of EC2 and yet real: what moto hands out are the addresses of lab nodes.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { JsonObject } from "../../engine/json.ts";
import type { Provider } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { SshRoute } from "../../engine/transport/connection.ts";
import { makeNodes, onNode } from "../../providers/lab/test_support.ts";
import { type CliRun, type RunningCli, startCli } from "./cli.ts";
import { publicKey, type Stage } from "./ec2_stage.ts";
import { withLab } from "./lab.ts";
import { motoEnvironment } from "./moto.ts";

/** A machine that stands behind an address. */
export interface Machine {
  readonly address: string;
  readonly route: SshRoute;
  /** Runs a command there; one that fails is an error. */
  on(command: string): Promise<string>;
  /** It is gone, without a word. */
  end(): Promise<void>;
}

/** What a test has. */
export interface Ec2Project {
  readonly folder: string;
  /** Machines; the first is that of the first node of the group. */
  readonly machines: readonly Machine[];
  /** Says what `pallet.yaml` says of the service, and as defaults, besides what it needs. */
  configure(options: JsonObject, defaults?: JsonObject): Promise<void>;
  start(...args: readonly string[]): RunningCli;
  /** Runs `pallet ... --json` and insists that it succeeds. */
  pallet(...args: readonly string[]): Promise<CliRun>;
}

/** A subnet in which an address is. */
async function subnetFor(stage: Stage, address: string): Promise<string> {
  const block = address.replace(/\.\d+$/, ".0/24");
  const vpc = /<vpcId>(vpc-[0-9a-f]+)</.exec(await stage.call("CreateVpc", { CidrBlock: block }))?.[1] ?? "";
  const made = await stage.call("CreateSubnet", { VpcId: vpc, CidrBlock: block });
  return /<subnetId>(subnet-[0-9a-f]+)</.exec(made)?.[1] ?? "";
}

function consoleOf(id: string, hostKey: string): string {
  const text =
    `cloud-init...\n-----BEGIN SSH HOST KEY KEYS-----\n${hostKey} root@node\n-----END SSH HOST KEY KEYS-----\n`;
  return `<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><instanceId>${id}</instanceId><output>${
    btoa(text)
  }</output></GetConsoleOutputResponse>`;
}

async function machineOf(lab: Provider, node: Node): Promise<Machine> {
  const route = await lab.route(node);
  assert.ok(route.kind === "ssh");
  return {
    address: route.address,
    route,
    async on(command) {
      const { status, output } = await onNode(lab, node, command);
      assert.equal(status, 0, output);
      return output;
    },
    end: () => lab.destroy([node]),
  };
}

/**
 * Runs a body with two machines, and a group `web` of two nodes of EC2 at their addresses.
 *
 * @param phases of the group, as its infra file says them
 */
export async function withEc2Project(
  stage: Stage,
  phases: string,
  body: (project: Ec2Project) => Promise<void>,
): Promise<void> {
  await withLab("", async ({ lab }) => {
    const nodes = await makeNodes(lab, { names: ["t-1", "t-2"] });
    const machines = await Promise.all(nodes.map((node) => machineOf(lab, node)));
    const addresses = machines.map(({ address }) => address);
    const { identities: [identity = ""] = [], user = "root" } = machines[0]?.route ?? {};
    stage.faults.answer("GetConsoleOutput", async (parameters) => {
      const id = parameters.get("InstanceId") ?? "";
      const instance = await stage.call("DescribeInstances", { "InstanceId.1": id });
      const machine = machines.find(({ address }) => instance.includes(`<privateIpAddress>${address}<`));
      return machine === undefined ? undefined : consoleOf(id, machine.route.hostKeys[0] ?? "");
    });
    const subnet = await subnetFor(stage, addresses[0] ?? "");
    const folder = await Deno.makeTempDir({ prefix: "pallet-ec2-project-" });
    const running: RunningCli[] = [];
    const configure = (options: JsonObject, others: JsonObject = {}) => {
      const aws = {
        provider: "ec2",
        region: "eu-west-1",
        endpoint: stage.faults.url,
        address: "private",
        subnet,
        "public-key": publicKey,
        "private-key": identity,
        ...options,
      };
      const defaults = { "reconnect-timeout": 3, ...others };
      return Deno.writeTextFile(
        join(folder, "pallet.yaml"),
        JSON.stringify({ services: { aws }, "default-service": "aws", defaults }),
      );
    };
    const start = (...args: readonly string[]) => {
      const env = {
        ...motoEnvironment,
        XDG_STATE_HOME: join(folder, "state"),
        PATH: `${join(folder, "bin")}:${Deno.env.get("PATH")}`,
      };
      const cli = startCli(args, { cwd: folder, env });
      running.push(cli);
      return cli;
    };
    const pallet = async (...args: readonly string[]) => {
      const done = await start(...args).finished;
      const failures = done.events.filter((event) => /failed/.test(JSON.stringify(event))).slice(0, 3);
      assert.equal(done.status, 0, `pallet ${args.join(" ")}: ${done.err} ${JSON.stringify(failures)}`);
      return done;
    };
    try {
      await configure({});
      await Deno.writeTextFile(
        join(folder, "infra.ts"),
        `import { directory, execScript, groupSpec, remoteFile, sh } from "pallet";
export const web = groupSpec("web", {
  count: 2,
  nodeSpec: {
    image: { osFamily: "debian", osVersion: "12", overrideLoginUser: ${JSON.stringify(user)} },
    hardware: { hardwareId: "t3.micro" },
    network: { inboundPorts: [8080] },
    provider: { ec2: { privateAddresses: ${JSON.stringify(addresses)} } },
  },
  phases: ${phases},
});
`,
      );
      await body({ folder, machines, configure, start, pallet });
    } finally {
      for (const cli of running) await cli.end();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
