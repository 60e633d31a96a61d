// What node specs mean on EC2: what is asked of it, and what is refused before anything is.
import assert from "node:assert/strict";
import type { NodeSpec } from "../engine/spec/types.ts";
import {
  create,
  ec2Ended,
  ec2Test,
  failure,
  make,
  nodeSpec,
  publicKey,
  request,
} from "./support/ec2_stage.ts";
import { debian12 } from "./support/moto.ts";

/** Parameters of the one RunInstances that a request leads to, flat as EC2 gets them. */
async function launched(
  stage: Parameters<Parameters<typeof ec2Test>[1]>[0],
  spec: NodeSpec,
  options = {},
): Promise<Readonly<Record<string, string>>> {
  let parameters: Record<string, string> = {};
  stage.faults.onCall((action, given) => {
    if (action === "RunInstances") parameters = Object.fromEntries(given);
  });
  const service = await stage.open(options);
  await make(service, request("web", 1, { nodeSpec: spec }));
  return parameters;
}

/** Tags of a kind of resource among the parameters of RunInstances. */
function tagsOf(
  parameters: Readonly<Record<string, string>>,
  kind: string,
): Readonly<Record<string, string>> {
  const at = Object.entries(parameters).find(([key, value]) =>
    /^TagSpecification\.\d+\.ResourceType$/.test(key) && value === kind
  )
    ?.[0].split(".")[1];
  const tags: Record<string, string> = {};
  for (const [key, value] of Object.entries(parameters)) {
    const [list, index, , tag, part] = key.split(".");
    if (list !== "TagSpecification" || index !== at || part !== "Key") continue;
    tags[value] = parameters[`TagSpecification.${at}.Tag.${tag}.Value`] ?? "";
  }
  return tags;
}

ec2Test(
  "check 97: group, state and owner are tags of instance, volume, interface and spot request from the launch on",
  async (stage) => {
    const parameters = await launched(stage, { ...nodeSpec, qos: { spotPrice: 0.02 } }, {
      tags: { team: "shop" },
    });
    const instance = tagsOf(parameters, "instance");
    assert.equal(instance["pallet/service"], "test");
    assert.equal(instance["pallet/group"], "web");
    assert.equal(instance["pallet/names"], "web-1");
    assert.equal(instance["pallet/state/run"], "r1");
    assert.equal(instance["pallet/launch"], parameters["ClientToken"]);
    assert.equal(instance["Name"], "web-1");
    assert.equal(instance["team"], "shop");
    assert.match(instance["pallet/owner"] ?? "", /^\S+@\S+$/);
    for (const kind of ["volume", "network-interface", "spot-instances-request"]) {
      const tags = tagsOf(parameters, kind);
      assert.deepEqual(
        [tags["pallet/service"], tags["pallet/group"], tags["team"]],
        ["test", "web", "shop"],
        kind,
      );
    }
  },
);

ec2Test("check 97: destroying a service's nodes leaves nothing of it", async (stage) => {
  const service = await stage.open();
  const nodes = await make(service, request("web", 2));
  await service.removeGroup("web");
  assert.match(await stage.call("DescribeSecurityGroups"), /pallet test web/, "kept while it is used");
  await service.destroy(nodes);
  await service.removeGroup("web");
  assert.doesNotMatch(await stage.call("DescribeSecurityGroups"), /pallet test web/);
  assert.doesNotMatch(await stage.call("DescribeKeyPairs"), /pallet-test/);
  assert.doesNotMatch(await stage.call("DescribeVolumes"), /<volumeId>/);
});

ec2Test("check 98: what a node spec asks for is in the launch", async (stage) => {
  await stage.call("CreateInstanceProfile", { InstanceProfileName: "web-role" }, "iam");
  const parameters = await launched(stage, {
    image: { osFamily: "debian", osVersion: "12" },
    hardware: { minCores: 2, minRam: 3500, minDisk: 40 },
    location: { locationId: "eu-west-1b" },
    network: { inboundPorts: [80, { startPort: 8000, endPort: 8010 }, { startPort: 53, protocol: "udp" }] },
    qos: { spotPrice: 0.0125, enableMonitoring: true },
    provider: {
      ec2: {
        iamInstanceProfile: "web-role",
        blockDevices: [{ device: "/dev/sdf", size: 10, type: "gp3", encrypted: true }],
        userData: "#!/bin/sh\ntrue\n",
        metadata: { hopLimit: 2 },
        tenancy: "dedicated",
        placementGroup: "close",
        ebsOptimized: true,
        shutdownBehavior: "terminate",
        cpuCredits: "standard",
        tags: { cost: "42" },
      },
    },
  });
  const expected: Readonly<Record<string, string>> = {
    ImageId: debian12,
    // The cheapest of eu-west-1 with two cores and so much memory.
    InstanceType: "t3a.medium",
    "InstanceMarketOptions.MarketType": "spot",
    "InstanceMarketOptions.SpotOptions.MaxPrice": "0.0125",
    "Monitoring.Enabled": "true",
    "Placement.AvailabilityZone": "eu-west-1b",
    "Placement.Tenancy": "dedicated",
    "Placement.GroupName": "close",
    "IamInstanceProfile.Name": "web-role",
    "BlockDeviceMapping.1.DeviceName": "/dev/xvda",
    "BlockDeviceMapping.1.Ebs.VolumeSize": "40",
    "BlockDeviceMapping.1.Ebs.DeleteOnTermination": "true",
    "BlockDeviceMapping.2.DeviceName": "/dev/sdf",
    "BlockDeviceMapping.2.Ebs.VolumeSize": "10",
    "BlockDeviceMapping.2.Ebs.VolumeType": "gp3",
    "BlockDeviceMapping.2.Ebs.Encrypted": "true",
    UserData: btoa("#!/bin/sh\ntrue\n"),
    "MetadataOptions.HttpTokens": "required",
    "MetadataOptions.HttpPutResponseHopLimit": "2",
    EbsOptimized: "true",
    InstanceInitiatedShutdownBehavior: "terminate",
    "CreditSpecification.CpuCredits": "standard",
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, parameters[key]])), expected);
  assert.equal(tagsOf(parameters, "instance")["cost"], "42");
  const groups = await stage.call("DescribeSecurityGroups");
  const own = groups.slice(groups.indexOf("pallet test web"));
  for (const port of ["<fromPort>80<", "<toPort>8010<", "<ipProtocol>udp<", "<fromPort>22<"]) {
    assert.ok(own.includes(port), port);
  }
});

ec2Test(
  "check 98: what cannot be honoured is refused with its path, and nothing is asked of EC2",
  async (stage) => {
    const service = await stage.open();
    const refused: readonly (readonly [NodeSpec, string])[] = [
      [{ image: { imageId: "debian" } }, "image.imageId"],
      [{ image: { imageId: "ami-0000000000000ffff" } }, "image.imageId"],
      [{ image: { osFamily: "plan9" } }, "image.osFamily"],
      [{ image: { osFamily: "debian", osVersion: "5" } }, "image"],
      [{ image: { imageVersionMatches: "1" } }, "image.imageVersionMatches"],
      [{ image: { osNameMatches: "(" } }, "image.osNameMatches"],
      [{ image: { imageId: "ami-0000000000000f001" } }, "image.overrideLoginUser"],
      [{ hardware: { hardwareId: "t9.huge" } }, "hardware.hardwareId"],
      [{ hardware: { hardwareId: "t3.micro", minRam: 4096 } }, "hardware.minRam"],
      [{ hardware: { hardwareId: "t3.micro", minCores: 8 } }, "hardware.minCores"],
      [{ hardware: { minCores: 100_000 } }, "hardware"],
      [{ hardware: { architecture: "sparc" } }, "hardware.architecture"],
      [{ hardware: { fastest: true, biggest: true } }, "hardware.biggest"],
      [{ hardware: { hardwareId: "t4g.micro" }, image: { imageId: debian12 } }, "hardware.hardwareId"],
      [{ location: { locationId: "us-east-1" } }, "location.locationId"],
      [{ location: { subnetId: "subnet-0000" } }, "location.subnetId"],
      [{ network: { inboundPorts: [{ startPort: 90, endPort: 80 }] } }, "network.inboundPorts[0]"],
      [
        { network: { inboundPorts: [{ startPort: 80, protocol: "sctp" }] } },
        "network.inboundPorts[0].protocol",
      ],
      [{ qos: { spotPrice: 0 } }, "qos.spotPrice"],
      [{ provider: { ec2: { spotPrise: 1 } } }, "provider.ec2.spotPrise"],
      [{ provider: { ec2: { tags: { "pallet/group": "x" } } } }, 'provider.ec2.tags["pallet/group"]'],
      [{ provider: { ec2: { securityGroups: ["default"] } } }, "provider.ec2.securityGroups[0]"],
    ];
    for (const [spec, path] of refused) {
      const problems = await service.validate(spec);
      assert.deepEqual(problems.map((problem) => problem.path), [path], JSON.stringify({ spec, problems }));
    }
    assert.equal(stage.faults.counts["RunInstances"], undefined);
    assert.deepEqual(
      await service.validate({ image: { imageId: "ami-0000000000000f001", overrideLoginUser: "me" } }),
      [],
    );
  },
);

ec2Test("a group's ports follow its spec", async (stage) => {
  const service = await stage.open({ "ssh-from": ["203.0.113.0/24"] });
  const rules = async () => {
    const xml = await stage.call("DescribeSecurityGroups", {
      "Filter.1.Name": "tag:pallet/group",
      "Filter.1.Value.1": "web",
    });
    const inbound = /<ipPermissions>(.*?)<\/ipPermissions>/s.exec(xml)?.[1] ?? "";
    return [...inbound.matchAll(/<fromPort>(-?\d+)</g)].map((match) => Number(match[1])).filter((port) =>
      port > 0
    ).sort();
  };
  await service.ensureGroup("web", { network: { inboundPorts: [80, 443] } });
  assert.deepEqual(await rules(), [22, 443, 80]);
  await service.ensureGroup("web", { network: { inboundPorts: [443, 8080] } });
  assert.deepEqual(await rules(), [22, 443, 8080]);
  const before = { ...stage.faults.counts };
  await service.ensureGroup("web", { network: { inboundPorts: [443, 8080] } });
  const changed = Object.keys(stage.faults.counts).filter((key) => stage.faults.counts[key] !== before[key]);
  assert.deepEqual(changed, ["DescribeSecurityGroups"], "nothing to do is one look");
});

ec2Test("a key that EC2 does not import goes with the user data", async (stage) => {
  const line = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= me";
  const parameters = await launched(stage, nodeSpec, { "public-key": line });
  assert.equal(parameters["KeyName"], undefined);
  assert.equal(atob(parameters["UserData"] ?? ""), `#cloud-config\nssh_authorized_keys:\n  - "${line}"\n`);
  const service = await stage.open({ "public-key": line });
  const spec = { ...nodeSpec, provider: { ec2: { userData: "#!/bin/sh\n" } } };
  const error = await failure(create(service, request("db", 1, { nodeSpec: spec })));
  assert.match(error.message, /EC2 imports no keys of type ecdsa-sha2-nistp256/);
  const none = await launched(stage, nodeSpec, { "key-pair": "none", prefix: "a-" });
  assert.equal(none["KeyName"], undefined);
  assert.equal(atob(none["UserData"] ?? ""), `#cloud-config\nssh_authorized_keys:\n  - "${publicKey}"\n`);
  const imported = await launched(stage, nodeSpec, { "public-key": publicKey, prefix: "b-" });
  assert.match(imported["KeyName"] ?? "", /^pallet-b-test-[0-9a-f]{12}$/);
});

ec2Test("a subnet gives public addresses where nodes are reached by those", async (stage) => {
  const xml = await stage.call("DescribeSubnets");
  const subnet = /<subnetId>(subnet-[0-9a-f]+)</.exec(xml)?.[1] ?? "";
  const open = await launched(stage, { ...nodeSpec, location: { subnetId: subnet } }, { address: "public" });
  assert.equal(open["NetworkInterface.1.SubnetId"], subnet);
  assert.equal(open["NetworkInterface.1.AssociatePublicIpAddress"], "true");

  const made = await stage.call("CreateVpc", { CidrBlock: "10.77.0.0/16" });
  const vpc = /<vpcId>(vpc-[0-9a-f]+)</.exec(made)?.[1] ?? "";
  const empty = await failure(launched(stage, nodeSpec, { vpc, prefix: "c-" }));
  assert.match(empty.message, /location: VPC vpc-[0-9a-f]+ has no subnet$/);
  const roomy = async (block: string) =>
    /<subnetId>(subnet-[0-9a-f]+)</.exec(
      await stage.call("CreateSubnet", { VpcId: vpc, CidrBlock: block }),
    )?.[1];
  await roomy("10.77.0.0/28");
  const inner = await roomy("10.77.1.0/24");
  const closed = await launched(stage, nodeSpec, { vpc, prefix: "c-", address: "private" });
  assert.equal(closed["SubnetId"], inner, "the one with most room");
  assert.match(
    await stage.call("DescribeSecurityGroups", { "Filter.1.Name": "vpc-id", "Filter.1.Value.1": vpc }),
    /pallet c-test web/,
  );
});

ec2Ended();
