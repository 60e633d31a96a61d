// What an account has: nodes in all regions, images and types; and who we are there.
import assert from "node:assert/strict";
import type { NodeSpec } from "../engine/spec/types.ts";
import {
  ec2Ended,
  ec2Test,
  failure,
  make,
  nodeSpec,
  palletAmong,
  palletWith,
  request,
  running,
  type Stage,
} from "./support/ec2_stage.ts";
import { debian12 } from "./support/moto.ts";

/** Has SSM keep a parameter. */
async function putParameter(stage: Stage, Name: string, Value: string): Promise<void> {
  const reply = await fetch(stage.faults.url, {
    method: "POST",
    headers: {
      "x-amz-target": "AmazonSSM.PutParameter",
      "content-type": "application/x-amz-json-1.1",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20240101/eu-west-1/ssm/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify({ Name, Value, Type: "String" }),
  });
  const text = await reply.text();
  assert.ok(reply.ok, text);
}

const forbid = (stage: Stage, action: string) =>
  stage.faults.next(action, { kind: "refuse", code: "UnauthorizedOperation", status: 403 });

ec2Test("nodes in all regions are listed, and regions that do not tell are named", async (stage) => {
  await make(await stage.open(), request("web", 1));
  await make(await stage.open({ region: "us-east-2" }), request("web", 2));
  const { status, out } = await palletWith(stage, {}, "nodes", "--all-regions");
  assert.equal(status, 0);
  const rows = out.trim().split("\n").map((line) => line.split(/\s+/).slice(0, 4).join(" "));
  assert.deepEqual(rows, [
    "NAME REGION GROUP STATE",
    "web-1 eu-west-1 web running",
    "web-1 us-east-2 web running",
    "web-2 us-east-2 web running",
  ]);

  forbid(stage, "DescribeInstances");
  const some = await palletWith(stage, { "max-attempts": 1 }, "nodes", "web", "--all-regions", "--json");
  assert.equal(some.status, 1);
  assert.match(some.err, /^Region [a-z0-9-]+: Cannot list instances: the credentials do not permit it/);
  const nodes: readonly { name: string; region: string }[] = JSON.parse(some.out);
  assert.ok(nodes.some(({ region }) => region === "us-east-2"), some.out);
});

ec2Test("a hybrid service lists all regions of its parts, and what is in none beside them", async (stage) => {
  await make(await stage.open(), request("web", 1));
  await make(await stage.open({ region: "us-east-2" }), request("web", 2));
  await make(await stage.open({ region: "us-east-2" }), request("cache", 1));
  const nodes = [{ name: "db-1", group: "db", address: "192.0.2.7" }];
  const others = {
    mine: { provider: "node-list", nodes },
    both: { provider: "hybrid", services: { web: "test", db: "mine" } },
    lists: { provider: "hybrid", services: { "*": "mine" } },
  };
  const pallet = (service: string, options = {}) =>
    palletAmong(stage, options, others, "nodes", "--all-regions", "--json", "--service", service);
  const { status, out, err } = await pallet("both");
  assert.equal(status, 0, err);
  const listed: readonly { name: string; id: string; region?: string }[] = JSON.parse(out);
  assert.deepEqual(listed.map(({ name, id, region }) => `${name} ${id.split("/")[0]} ${region}`), [
    "web-1 test eu-west-1",
    "web-1 test us-east-2",
    "web-2 test us-east-2",
    "db-1 mine undefined",
  ]);

  // A part that does not say is named, and the others are listed.
  stage.faults.next("DescribeRegions", { kind: "refuse", code: "UnauthorizedOperation", status: 403 });
  const some = await pallet("both");
  assert.equal(some.status, 1);
  assert.match(some.err, /^service test: Cannot list regions: the credentials do not permit it/);
  assert.match(some.out, /"db-1"/);

  const none = await pallet("lists");
  assert.equal(none.status, 2);
  assert.match(none.err, /Cannot list all regions of service "lists": hybrid has none/);
});

ec2Test("pallet doctor tells who we are, what we may do and what there is room for", async (stage) => {
  const before = await stage.call("DescribeSecurityGroups");
  stage.faults.answer(
    "ServiceQuotasV20190624.GetServiceQuota",
    () => Promise.resolve(JSON.stringify({ Quota: { Value: 32 } })),
  );
  const well = await palletWith(stage, {}, "doctor");
  assert.equal(well.status, 0, well.out + well.err);
  const said = well.out.split("\n").filter((line) => line.startsWith("ok   service test: "));
  const [nodes = "", who = "", may = "", room = ""] = said.map((line) =>
    line.slice("ok   service test: ".length)
  );
  assert.equal(nodes, "0 nodes");
  assert.match(who, /^account 123456789012 as arn:aws:\S+ in eu-west-1$/);
  assert.match(may, /^may call .*DescribeInstances .*RunInstances$/);
  assert.equal(room, "room for virtual cores: 32 on demand, 32 at spot prices");

  forbid(stage, "CreateSecurityGroup");
  const forbidden = await palletWith(stage, {}, "doctor");
  assert.equal(forbidden.status, 1);
  assert.match(forbidden.out, /^not {2}service test: arn:aws:\S+ may not call CreateSecurityGroup$/m);
  assert.equal(await stage.call("DescribeSecurityGroups"), before, "nothing was made");
  assert.deepEqual(await running(stage), []);

  stage.faults.next("GetCallerIdentity", { kind: "refuse", code: "ExpiredToken", status: 403 });
  const expired = await palletWith(stage, {}, "doctor");
  assert.match(expired.out, /^not {2}service test: .*the credentials have expired[^\n]*\n {5}Renew them/m);

  await make(await stage.open(), request("web", 1));
  const all = await palletWith(stage, {}, "doctor");
  const asked = /may call (.*)/.exec(all.out)?.[1]?.split(" ").sort();
  const guide = await Deno.readTextFile(new URL("../docs/guides/ec2.md", import.meta.url));
  const needed = [...guide.matchAll(/"ec2:(\w+)"/g)].map(([, name]) => name).sort();
  assert.deepEqual(asked, needed, "all that is needed, and nothing else");
  const group = await stage.call("DescribeSecurityGroups");
  assert.doesNotMatch(group, /192\.0\.2\.0/);
  assert.match(group, /pallet test web/);
  assert.match(await stage.call("DescribeKeyPairs"), /pallet-test-/);
  assert.doesNotMatch(await stage.call("DescribeTags"), /doctor/);
  forbid(stage, "TerminateInstances");
  stage.faults.answer(
    "ServiceQuotasV20190624.GetServiceQuota",
    () => Promise.resolve(JSON.stringify({ Quota: { Value: 0 } })),
  );
  const service = await stage.open();
  const found = await service.diagnose?.();
  assert.deepEqual(found?.problems.map(({ path }) => path), [
    "permissions.TerminateInstances",
    "quotas.onDemand",
  ]);
  assert.equal((await running(stage)).length, 1, "nothing was ended");
});

ec2Test("images are the newest of their publishers, and tell who logs in", async (stage) => {
  const service = await stage.open();
  const cases: readonly (readonly [NodeSpec["image"] & object, string, string])[] = [
    [{}, debian12, "admin"],
    [{ osFamily: "debian", osVersion: "11" }, "ami-0000000000000d111", "admin"],
    [
      { osFamily: "debian", osVersionMatches: "1[12]", imageNameMatches: ".*20240701.*" },
      "ami-0000000000000d121",
      "admin",
    ],
    [{ osFamily: "ubuntu" }, "ami-0000000000000u241", "ubuntu"],
    [{ osFamily: "ubuntu", osVersion: "25.04" }, "ami-0000000000000u251", "ubuntu"],
    [{ osFamily: "amazon" }, "ami-0000000000000a231", "ec2-user"],
    [{ osFamily: "amzn", osVersion: "2" }, "ami-0000000000000a021", "ec2-user"],
    [{ osFamily: "rhel", osVersion: "9" }, "ami-0000000000000r941", "ec2-user"],
    [{ osFamily: "almalinux" }, "ami-0000000000000l941", "ec2-user"],
    [{ osFamily: "rocky", osVersion: "9.4" }, "ami-0000000000000k941", "rocky"],
    [{ osFamily: "suse", osVersion: "15.6" }, "ami-0000000000000s156", "ec2-user"],
    [{ osFamily: "debian", overrideLoginUser: "root" }, debian12, "root"],
    [
      { imageId: "ami-0000000000000f001", osFamily: "debian", osVersion: "12" },
      "ami-0000000000000f001",
      "admin",
    ],
  ];
  for (const [image, id, user] of cases) {
    const found = await service.imageFor({ image });
    assert.deepEqual([found?.id, found?.loginUser], [id, user], JSON.stringify(image));
  }
  const arm = await service.imageFor({
    image: { osFamily: "debian" },
    hardware: { architecture: "aarch64" },
  });
  assert.equal(arm?.id, "ami-0000000000000d12a");
  const [, debian] = (await service.images()).filter(({ os, arch }) =>
    os.id === "debian" && arch === "x86_64"
  );
  assert.equal(debian?.os.codename, "bullseye");
});

ec2Test("an image can be named by a parameter of SSM", async (stage) => {
  const name = "/images/base";
  await putParameter(stage, name, "ami-0000000000000f001");
  const service = await stage.open();
  for (const imageId of [name, `resolve:ssm:${name}`]) {
    const found = await service.imageFor({ image: { imageId, osFamily: "debian", osVersion: "12" } });
    assert.deepEqual([found?.id, found?.os.version, found?.loginUser], [
      "ami-0000000000000f001",
      "12",
      "admin",
    ]);
  }
  const spec = { ...nodeSpec, image: { imageId: name, overrideLoginUser: "me" } };
  const [node] = await make(service, request("web", 1, { nodeSpec: spec }));
  assert.equal(node?.image, "ami-0000000000000f001");
  assert.equal(stage.faults.counts["AmazonSSM.GetParameter"], 1, "it is asked for once");
  const missing = await failure(service.imageFor({ image: { imageId: "/aws/service/debian/release/12" } }));
  assert.match(missing.message, /Parameter \/aws\/service\/debian\/release\/12 of SSM names no image/);
});

ec2Test("hardware: the cheapest that fits, and a plan tells type, image and price", async (stage) => {
  const service = await stage.open();
  const hardwareOf = async (
    hardware: NodeSpec["hardware"] & object,
  ) => (await service.estimate(request("web", 2, { nodeSpec: { hardware } })));
  assert.deepEqual(await hardwareOf({}), {
    image: `debian-12-amd64-20240717-1811 (${debian12})`,
    hardware: "t3a.micro",
    pricePerHour: 0.0204,
    pricesOf: "2025-01",
  });
  assert.equal((await hardwareOf({ smallest: true })).hardware, "t3a.nano");
  assert.equal((await hardwareOf({ architecture: "arm64" })).hardware, "t4g.micro");
  assert.equal((await hardwareOf({ minCores: 2, minRam: 8192 })).hardware, "t3a.large");
  assert.equal((await hardwareOf({ minRam: 64_000 })).hardware, "r5.2xlarge");
  assert.equal((await hardwareOf({ fastest: true })).hardware, "c5.24xlarge");
  assert.equal((await hardwareOf({ biggest: true })).hardware, "r5.24xlarge");
  assert.equal((await hardwareOf({ hardwareId: "m5.large" })).pricePerHour, 0.214);
  assert.equal((await hardwareOf({ hardwareId: "m7i.large" })).pricePerHour, undefined);
  const spot = await service.estimate(
    request("web", 2, { nodeSpec: { hardware: {}, qos: { spotPrice: 0.004 } } }),
  );
  assert.deepEqual([spot.hardware, spot.pricePerHour], [
    "t3a.micro, at a spot price of at most $0.004 an hour each",
    undefined,
  ]);
});

ec2Test(
  "pallet plan shows type, image and price; a price that nobody knows is said to be unknown",
  async (stage) => {
    const known = await palletWith(stage, { hardware: "t3.micro" }, "plan");
    assert.match(known.out, /^ {2}\+ web-1 debian-12-amd64-20240717-1811 \(ami-\w+\), t3\.micro$/m);
    assert.match(known.out, /^ {4}web \(about 0\.023 USD an hour, by prices of 2025-01\)$/m);
    const unknown = await palletWith(stage, { hardware: "m7i.large" }, "plan");
    assert.match(unknown.out, /^ {4}web \(price not known\)$/m);
    assert.equal(stage.faults.counts["RunInstances"], undefined);
  },
);

ec2Test("types are asked for once and kept for later commands", async (stage) => {
  const service = await stage.open();
  await service.hardware();
  const asked = stage.faults.counts["DescribeInstanceTypes"] ?? 0;
  assert.ok(asked > 0);
  await (await stage.open({}, service.stateDir)).hardware();
  assert.equal(stage.faults.counts["DescribeInstanceTypes"], asked);
});

ec2Ended();
