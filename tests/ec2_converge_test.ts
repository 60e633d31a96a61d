// The main job with nodes of EC2: what moto hands out are the addresses of lab nodes, so that all after it is real.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { SshRoute } from "../engine/transport/connection.ts";
import { makeNodes } from "../providers/lab/test_support.ts";
import { type RunningCli, startCli } from "./support/cli.ts";
import { ec2Ended, ec2Test, publicKey, type Stage } from "./support/ec2_stage.ts";
import { motoEnvironment } from "./support/moto.ts";
import { noLab, of, withLab } from "./support/lab.ts";

const infra = (addresses: readonly string[], user: string) => `
import { directory, execScript, groupSpec, remoteFile, sh } from "pallet";
export const web = groupSpec("web", {
  count: ${addresses.length},
  nodeSpec: {
    image: { osFamily: "debian", osVersion: "12", overrideLoginUser: ${JSON.stringify(user)} },
    hardware: { hardwareId: "t3.micro" },
    network: { inboundPorts: [8080] },
    provider: { ec2: { privateAddresses: ${JSON.stringify(addresses)} } },
  },
  phases: {
    bootstrap: ({ target }) => [
      directory("/srv/www"),
      remoteFile("/srv/www/index.html", { content: \`I am \${target.name}\\n\`, mode: "0644" }),
    ],
    configure: () => execScript(
      sh\`cd /srv/www && setsid python3 -m http.server 8080 </dev/null >/dev/null 2>&1 & sleep 1\`,
      { id: "serve" },
    ),
  },
});
`;

/** A subnet in which the addresses are. */
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

if (!noLab) {
  ec2Test(
    "converge with EC2 makes, bootstraps and configures nodes that answer HTTP, and destroy removes them",
    async (stage) => {
      await withLab("", async ({ lab }) => {
        const nodes = await makeNodes(lab, { names: ["t-1", "t-2"] });
        const routes = await Promise.all(nodes.map(async (node) => await lab.route(node) as SshRoute));
        const [first] = routes;
        assert.ok(first !== undefined);
        const addresses = routes.map(({ address }) => address);
        stage.faults.answer("GetConsoleOutput", async (parameters) => {
          const id = parameters.get("InstanceId") ?? "";
          const instance = await stage.call("DescribeInstances", { "InstanceId.1": id });
          const route = routes.find(({ address }) => instance.includes(`<privateIpAddress>${address}<`));
          return route === undefined ? undefined : consoleOf(id, route.hostKeys[0] ?? "");
        });

        const folder = await Deno.makeTempDir({ prefix: "pallet-ec2-converge-" });
        const running: RunningCli[] = [];
        const pallet = async (...args: readonly string[]) => {
          const cli = startCli(args, {
            cwd: folder,
            env: { ...motoEnvironment, XDG_STATE_HOME: join(folder, "state") },
          });
          running.push(cli);
          const done = await cli.finished;
          const failures = done.events.filter((event) => /failed/.test(JSON.stringify(event))).slice(0, 3);
          assert.equal(done.status, 0, `pallet ${args.join(" ")}: ${done.err} ${JSON.stringify(failures)}`);
          return done;
        };
        try {
          const options = {
            provider: "ec2",
            region: "eu-west-1",
            endpoint: stage.faults.url,
            address: "private",
            subnet: await subnetFor(stage, addresses[0] ?? ""),
            "public-key": publicKey,
            "private-key": first.identities[0],
          };
          const configure = (aws: Readonly<Record<string, unknown>>) =>
            Deno.writeTextFile(
              join(folder, "pallet.yaml"),
              JSON.stringify({ services: { aws }, "default-service": "aws" }),
            );
          await configure(options);
          await Deno.writeTextFile(join(folder, "infra.ts"), infra(addresses, first.user ?? "root"));

          const made = await pallet("converge", "--yes");
          assert.deepEqual(of(made, "node-created").map(({ target }) => target).sort(), ["web-1", "web-2"]);
          const ids = of(made, "node-created").toSorted((one, other) =>
            one.target.localeCompare(other.target)
          )
            .map(({ id }) => id);
          const [plan] = of(made, "counts-planned");
          assert.deepEqual(plan?.groups.map(({ hardware, pricePerHour }) => [hardware, pricePerHour]), [[
            "t3.micro",
            0.0228,
          ]]);
          for (const [at, address] of addresses.entries()) {
            const reply = await fetch(`http://${address}:8080/`);
            assert.equal(await reply.text(), `I am web-${at + 1}\n`);
          }
          console.log(`calls of the first converge: ${JSON.stringify(stage.faults.counts)}`);

          for (const key of Object.keys(stage.faults.counts)) {
            delete (stage.faults.counts as Record<string, number>)[key];
          }
          const again = await pallet("converge", "--yes", "--no-phases");
          assert.deepEqual(of(again, "node-created"), []);
          console.log(`calls of a converge that changes nothing: ${JSON.stringify(stage.faults.counts)}`);
          const calls = Object.values(stage.faults.counts).reduce((sum, count) => sum + count, 0);
          assert.ok(calls <= 4, `${calls} calls`);

          // What an EC2 Instance Connect Endpoint or Session Manager does: a command carries the connection to an id.
          const carrier = join(folder, "carrier");
          const cases = addresses.map((address, at) => `${ids[at]}) address=${address};;`).join(" ");
          const script = [
            "#!/bin/bash",
            `echo "$1" >>${folder}/carried`,
            `case $1 in ${cases} esac`,
            'exec 3<>"/dev/tcp/$address/$2"; cat <&3 & cat >&3',
          ];
          await Deno.writeTextFile(carrier, `${script.join("\n")}\n`, { mode: 0o755 });
          await Deno.writeTextFile(join(folder, "ssh_config"), `Host i-*\n  ProxyCommand ${carrier} %h %p\n`);
          await configure({ ...options, address: "id" });
          await pallet("lift", "--phase", "bootstrap", "--ssh-config", join(folder, "ssh_config"));
          const carried = (await Deno.readTextFile(join(folder, "carried"))).trim().split("\n");
          assert.deepEqual([...new Set(carried)].sort(), ids.toSorted());

          await pallet("destroy", "--yes");
          const left = await stage.call("DescribeInstances", {
            "Filter.1.Name": "instance-state-name",
            "Filter.1.Value.1": "running",
          });
          assert.doesNotMatch(left, /<instanceId>/);
          assert.doesNotMatch(await stage.call("DescribeSecurityGroups"), /pallet aws web/);
        } finally {
          for (const cli of running) await cli.end();
          await Deno.remove(folder, { recursive: true });
        }
      });
    },
  );
}

ec2Ended();
