// The main job with nodes of EC2, all of it real but the cloud itself.
import assert from "node:assert/strict";
import { join } from "node:path";
import { withEc2Project } from "./support/ec2_lab.ts";
import { ec2Ended, ec2Test, running, type Stage } from "./support/ec2_stage.ts";
import { noLab, of } from "./support/lab.ts";

/** Calls since the last look, by kind. */
function calls(stage: Stage): Readonly<Record<string, number>> {
  const counts = { ...stage.faults.counts };
  for (const key of Object.keys(counts)) delete (stage.faults.counts as Record<string, number>)[key];
  return counts;
}

const website = `{
  bootstrap: ({ target }) => [
    // What the machine does when it starts is over.
    execScript(sh\`[ ! -e /run/cloud-init/enabled ] || [ -e /run/cloud-init/result.json ]\`),
    directory("/srv/www"),
    remoteFile("/srv/www/index.html", { content: \`I am \${target.name}\\n\`, mode: "0644" }),
  ],
  configure: () => execScript(
    sh\`cd /srv/www && setsid python3 -m http.server 8080 </dev/null >/dev/null 2>&1 & sleep 1; : >/run/served\`,
    { id: "serve", unless: sh\`[ -e /run/served ]\` },
  ),
}`;

if (!noLab) {
  ec2Test(
    "converge with EC2 makes, bootstraps and configures nodes that answer HTTP, and destroy removes them",
    async (stage) => {
      await withEc2Project(stage, website, async ({ folder, machines, configure, start, pallet }) => {
        const [first, second] = machines;
        assert.ok(first !== undefined && second !== undefined);
        // The first machine is still busy with its start when its sshd answers.
        await first.on("mkdir -p /run/cloud-init && : >/run/cloud-init/enabled");
        const converge = start("converge", "--yes");
        await converge.until((event) => event.type === "node-progress" && event.step === "cloud-init");
        await first.on("echo '{}' >/run/cloud-init/result.json");
        const made = await converge.finished;
        assert.equal(made.status, 0, made.err);
        const nodes = of(made, "node-created").toSorted((one, other) =>
          one.target.localeCompare(other.target)
        );
        assert.deepEqual(nodes.map(({ target }) => target), ["web-1", "web-2"]);
        const [plan] = of(made, "counts-planned");
        assert.deepEqual(plan?.groups.map(({ hardware, pricePerHour }) => [hardware, pricePerHour]), [[
          "t3.micro",
          0.0228,
        ]]);
        for (const [at, { address }] of machines.entries()) {
          const reply = await fetch(`http://${address}:8080/`);
          assert.equal(await reply.text(), `I am web-${at + 1}\n`);
        }
        console.log(`calls of the first converge: ${JSON.stringify(calls(stage))}`);

        const again = await pallet("converge", "--yes");
        assert.deepEqual(of(again, "node-created"), []);
        assert.ok(of(again, "action-finished").every(({ result }) => result !== "changed"));
        const counts = calls(stage);
        console.log(`calls of a converge that changes nothing: ${JSON.stringify(counts)}`);
        assert.ok(Object.values(counts).reduce((sum, count) => sum + count, 0) <= 4);

        // What takes too long is said, and is not waited for once it is that old.
        // Its clock was set back since; that makes the wait no longer.
        await first.on("rm /run/cloud-init/result.json; touch -d '+1 hour' /run/cloud-init/enabled");
        await configure({}, { "cloud-init-timeout": 2 });
        const lift = ["lift", "--phase", "configure", "--limit", "web-1"];
        const late = await start(...lift).finished;
        assert.equal(late.status, 4, late.err);
        const { failure } = of(late, "node-failed")[0] ?? {};
        assert.match(failure?.message ?? "", /: cloud-init is not done 2 s after the start$/);
        assert.match(failure?.help ?? "", /defaults\.cloud-init-timeout/);
        await first.on("touch -d '-3 seconds' /run/cloud-init/enabled");
        await pallet(...lift);
        await first.on("echo '{}' >/run/cloud-init/result.json");

        // A bastion: the second machine has a name that the first alone knows.
        await first.on(`echo "${second.address} second.inner" >>/etc/hosts`);
        await Deno.writeTextFile(join(folder, "known"), `${first.address} ${first.route.hostKeys[0]}\n`);
        const bastion = join(folder, "bastion_config");
        const [identity = ""] = first.route.identities;
        const hosts = `Host ${second.address}\n  HostName second.inner\nHost *\n`;
        const keys = `  UserKnownHostsFile ${join(folder, "known")}\n  IdentityFile ${identity}\n`;
        await Deno.writeTextFile(bastion, `${hosts}${keys}`);
        await configure({ jump: `${first.route.user ?? "root"}@${first.address}` });
        await pallet("lift", "--phase", "bootstrap", "--limit", "web-2", "--ssh-config", bastion);

        // An EC2 Instance Connect Endpoint and Session Manager, as the guide has them: a command carries the connection.
        const cases = machines.map(({ address }, at) => `${nodes[at]?.id}) address=${address};;`).join(" ");
        const script = [
          "#!/bin/bash",
          `echo "$*" >>${folder}/carried`,
          'case "$1 $2" in',
          '"ec2-instance-connect open-tunnel") [ "$3 $5" = "--instance-id --remote-port" ] && id=$4 port=$6 ;;',
          '"ssm start-session") [ "$3 $5 $6" = "--target --document-name AWS-StartSSHSession" ] && id=$4 port=${8#portNumber=} ;;',
          "esac",
          `case $id in ${cases} esac`,
          'exec 3<>"/dev/tcp/$address/$port"; cat <&3 & cat >&3',
        ];
        await Deno.mkdir(join(folder, "bin"));
        await Deno.writeTextFile(join(folder, "bin/aws"), `${script.join("\n")}\n`, { mode: 0o755 });
        await configure({ address: "id" });
        const guide = await Deno.readTextFile(new URL("../docs/guides/ec2.md", import.meta.url));
        const told = [...guide.matchAll(/^Host i-\*\n( +\S.*\n)+/gm)].map(([text]) => text);
        assert.equal(told.length, 2);
        for (const [at, text] of told.entries()) {
          const config = join(folder, `ssh_config_${at}`);
          await Deno.writeTextFile(config, text);
          await pallet("lift", "--phase", "bootstrap", "--limit", `web-${at + 1}`, "--ssh-config", config);
        }
        const carried = (await Deno.readTextFile(join(folder, "carried"))).trim().split("\n");
        assert.deepEqual(carried, [
          `ec2-instance-connect open-tunnel --instance-id ${nodes[0]?.id} --remote-port 22`,
          `ssm start-session --target ${
            nodes[1]?.id
          } --document-name AWS-StartSSHSession --parameters portNumber=22`,
        ]);

        await pallet("destroy", "--yes");
        assert.deepEqual(await running(stage), []);
        assert.doesNotMatch(await stage.call("DescribeSecurityGroups"), /pallet aws web/);
      });
    },
  );

  ec2Test(
    "fault 42: a node that EC2 ends while it is configured is lost, and the other one finishes",
    async (stage) => {
      const phases = `{
      configure: ({ target }) =>
        execScript(target.name === "web-1" ? sh\`: >/run/began; sleep 60\` : sh\`sleep 1; : >/run/finished\`),
    }`;
      await withEc2Project(stage, phases, async ({ machines: [first, second], start }) => {
        const converge = start("converge");
        const { id } = await converge.until((event) =>
          event.type === "node-created" && event.target === "web-1"
        ) as {
          readonly id?: string;
        };
        await converge.until((event) => event.type === "action-started" && event.target === "web-1");
        const before = performance.now();
        await stage.call("TerminateInstances", { "InstanceId.1": id ?? "" });
        await first?.end();
        const done = await converge.finished;
        assert.equal(done.status, 4, done.err);
        assert.ok(performance.now() - before < 30_000, "it does not hang");
        const [finished] = of(done, "run-finished");
        assert.deepEqual(finished?.targets.map(({ target, result }) => [target, result]), [
          ["web-1", "unknown"],
          ["web-2", "ok"],
        ]);
        const { message = "", help } = finished?.targets[0]?.failure ?? {};
        assert.match(
          message,
          /^The connection to web-1 was lost .*\. Its service has no node web-1 any more$/,
        );
        assert.equal(help, "Converge makes another in its place.");
        await second?.on("test -e /run/finished");
      });
    },
  );
}

ec2Ended();
