// Listings in pages, all regions of an account, and a look at the account itself.
import assert from "node:assert/strict";
import { pages } from "../providers/ec2/api.ts";
import { doctor } from "../providers/ec2/doctor.ts";
import { nodesOfAllRegions } from "../providers/ec2/regions.ts";
import { ec2Ended, ec2Test, make, request, serviceOptions } from "./support/ec2_stage.ts";

Deno.test("pages() asks with each token once, and ends where tokens repeat", async () => {
  const asked: (string | undefined)[] = [];
  const tokens: Readonly<Record<string, string>> = { "": "a", a: "b", b: "a" };
  const call = (input: { NextToken?: string | undefined }) => {
    asked.push(input.NextToken);
    return Promise.resolve({ NextToken: tokens[input.NextToken ?? ""] });
  };
  assert.equal((await Array.fromAsync(pages(call, {}))).length, 3);
  assert.deepEqual(asked, [undefined, "a", "b"]);
});

ec2Test("nodes in all regions are found", async (stage) => {
  const here = await stage.open();
  const there = await stage.open({ region: "us-east-2" });
  await make(here, request("web", 1));
  await make(there, request("web", 2));
  const service = { name: "test", provider: "ec2", options: serviceOptions(stage.faults.url) };
  const found = await nodesOfAllRegions(service);
  assert.deepEqual(found.map(({ region, nodes, error }) => [region, nodes.map(({ name }) => name), error]), [
    ["eu-west-1", ["web-1"], undefined],
    ["us-east-2", ["web-1", "web-2"], undefined],
  ]);
});

ec2Test("a look at an account tells who we are and what we may not do", async (stage) => {
  const service = {
    name: "test",
    provider: "ec2",
    options: serviceOptions(stage.faults.url, { "max-attempts": 1 }),
  };
  const before = await stage.call("DescribeSecurityGroups");
  stage.faults.next("CreateSecurityGroup", { kind: "refuse", code: "UnauthorizedOperation", status: 403 });
  const found = await doctor(service);
  assert.equal(found.region, "eu-west-1");
  assert.equal(found.identity?.account, "123456789012");
  assert.equal(found.permissions["CreateSecurityGroup"], "forbidden");
  assert.equal(found.permissions["DescribeInstances"], "allowed");
  const [problem] = found.problems.filter(({ path }) => path === "permissions.CreateSecurityGroup");
  assert.match(problem?.message ?? "", /^arn:aws:\S+ may not call CreateSecurityGroup$/);
  assert.equal(await stage.call("DescribeSecurityGroups"), before, "nothing was made");

  stage.faults.next("GetCallerIdentity", { kind: "refuse", code: "ExpiredToken", status: 403 });
  const expired = await doctor(service);
  assert.deepEqual(expired.problems.map(({ path }) => path), ["credentials"]);
  assert.match(expired.problems[0]?.message ?? "", /the credentials have expired/);
});

ec2Ended();
