// Listings in pages, all regions of an account, and a look at the account itself.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { JsonObject } from "../engine/json.ts";
import { pages } from "../providers/ec2/api.ts";
import {
  ec2Ended,
  ec2Test,
  make,
  request,
  running,
  serviceOptions,
  type Stage,
} from "./support/ec2_stage.ts";
import { motoEnvironment } from "./support/moto.ts";
import { pallet } from "./support/process.ts";

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

/** Runs `pallet` in a project whose one service is that of a stage. */
async function palletWith(stage: Stage, options: JsonObject, ...args: readonly string[]) {
  const cwd = await Deno.makeTempDir({ prefix: "pallet-ec2-cli-" });
  try {
    const test = { provider: "ec2", ...serviceOptions(stage.faults.url, options) };
    await Deno.writeTextFile(join(cwd, "pallet.yaml"), JSON.stringify({ services: { test } }));
    await Deno.writeTextFile(
      join(cwd, "infra.ts"),
      `import { groupSpec } from "pallet";\nexport const web = groupSpec("web", { count: 1 });\n`,
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

ec2Test("pallet doctor tells who we are, what we may do and what there is room for", async (stage) => {
  const before = await stage.call("DescribeSecurityGroups");
  stage.faults.answer(
    "ServiceQuotasV20190624.GetServiceQuota",
    () => Promise.resolve(JSON.stringify({ Quota: { Value: 32 } })),
  );
  const well = await palletWith(stage, {}, "doctor");
  assert.equal(well.status, 0, well.out + well.err);
  const [line = ""] = well.out.split("\n").filter((one) => one.includes("service test"));
  assert.match(
    line,
    /^ok {3}service test: 0 nodes, account 123456789012 as arn:aws:\S+ in eu-west-1, may call /,
  );
  assert.match(line, /may call .*DescribeInstances .*RunInstances, /);
  assert.match(line, /room for virtual cores: 32 on demand, 32 at spot prices/);

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

ec2Ended();
