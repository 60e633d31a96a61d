// What goes wrong with EC2, and what we make of it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { create, ec2Ended, ec2Test, failure, make, request, running } from "./support/ec2_stage.ts";

ec2Test("fault 38: RunInstances that times out after it succeeded makes nothing twice", async (stage) => {
  const service = await stage.open({ "max-attempts": 2, timeouts: { call: 3 } });
  stage.faults.next("RunInstances", { kind: "lose-answer" });
  const nodes = await make(service, request("web", 3));
  assert.deepEqual(nodes.map(({ name }) => name), ["web-1", "web-2", "web-3"]);
  assert.ok((stage.faults.counts["RunInstances"] ?? 0) >= 2, "it was asked again");
  assert.deepEqual([...stage.faults.launches.values()], [3], "one call made all there are");
  assert.equal((await running(stage)).length, 3);
});

ec2Test("fault 38: no answer at all leaves nodes that the next command asks for again", async (stage) => {
  const service = await stage.open({ "max-attempts": 1, timeouts: { call: 3 } });
  stage.faults.next("RunInstances", { kind: "lose-answer" });
  stage.faults.hide(60_000);
  const results = await create(service, request("web", 2));
  assert.deepEqual(results.map((result) => "error" in result), [true, true]);
  assert.match(JSON.stringify(results), /not known whether EC2 made web-1, web-2.*makes nothing twice/);
  const known = await service.nodes();
  assert.deepEqual(known.map(({ name, state }) => [name, state]), [["web-1", "pending"], [
    "web-2",
    "pending",
  ]]);

  const next = await stage.open({}, service.stateDir);
  const nodes = await make(next, request("web", 2));
  assert.deepEqual([...stage.faults.launches.values()], [2], "one call made all there are");
  assert.deepEqual(nodes.map(({ id }) => id).sort(), (await running(stage)).toSorted());
});

ec2Test("fault 38: other parameters under the same token are told, and nothing is made", async (stage) => {
  const service = await stage.open({ "max-attempts": 1, timeouts: { call: 3 } });
  stage.faults.next("RunInstances", { kind: "lose-answer" });
  stage.faults.hide(60_000);
  await create(service, request("web", 1));
  const folder = join(service.stateDir, "test", "launches");
  for await (const { name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"InstanceType":"t3.micro"', '"InstanceType":"t3.small"'));
  }
  const [result] = await create(service, request("web", 1));
  assert.match(JSON.stringify(result), /IdempotentParameterMismatch/);
  assert.equal((await running(stage)).length, 1);
});

ec2Test("fault 39: instances of a process that was killed before it took note are adopted", async (stage) => {
  const service = await stage.open({ "max-attempts": 1, timeouts: { call: 3 } });
  stage.faults.next("RunInstances", { kind: "lose-answer" });
  await create(service, request("web", 2));
  const next = await stage.open({}, service.stateDir);
  const nodes = await next.nodes();
  assert.deepEqual(nodes.map(({ name, state }) => [name, state]), [["web-1", "running"], [
    "web-2",
    "running",
  ]]);
  const again = await make(next, request("web", 2));
  assert.deepEqual(again.map(({ id }) => id), nodes.map(({ id }) => id));
  assert.deepEqual([...stage.faults.launches.values()], [2], "one call made all there are");
  assert.deepEqual(await Array.fromAsync(Deno.readDir(join(service.stateDir, "test", "launches"))), []);
});

ec2Test("fault 39: another workstation finds them by their tags alone", async (stage) => {
  const service = await stage.open({ "max-attempts": 1, timeouts: { call: 3 } });
  stage.faults.next("RunInstances", { kind: "lose-answer" });
  await create(service, request("web", 2));
  const other = await stage.open();
  const nodes = await make(other, request("web", 3));
  assert.deepEqual(nodes.map(({ name }) => name), ["web-1", "web-2", "web-3"]);
  assert.equal((await running(stage)).length, 3);
});

ec2Test(
  "fault 40: instances that EC2 does not show for a while are waited for, and no other is made",
  async (stage) => {
    const service = await stage.open();
    stage.faults.hide(1500);
    const nodes = await make(service, request("web", 2));
    assert.deepEqual(
      (await service.nodes()).map(({ id, state }) => [id, state]),
      nodes.map(({ id }) => [id, "pending"]),
    );
    const again = await make(service, request("web", 2));
    assert.deepEqual(again.map(({ id }) => id), nodes.map(({ id }) => id));
    const steps = await Promise.all(nodes.map((node) => Array.fromAsync(service.ready(node))));
    assert.deepEqual(steps.map((one) => one.at(-1)?.step), ["done", "done"]);
    assert.equal(stage.faults.counts["RunInstances"], 1);
    assert.equal((await service.nodes()).length, 2);
  },
);

ec2Test("fault 40: what EC2 does not show yet is destroyed all the same", async (stage) => {
  const service = await stage.open();
  stage.faults.hide(1500);
  const nodes = await make(service, request("web", 2));
  await service.destroy(nodes);
  assert.deepEqual(await running(stage), []);
  assert.deepEqual(await service.nodes(), []);
});

ec2Test("fault 41: of five that were asked for three are kept and two are named", async (stage) => {
  const service = await stage.open({ "max-attempts": 2 });
  stage.faults.capacity(3);
  const results = await create(service, request("web", 5));
  assert.deepEqual(
    results.map((result) => [result.name, "node" in result]).sort(),
    [["web-1", true], ["web-2", true], ["web-3", true], ["web-4", false], ["web-5", false]],
  );
  assert.match(JSON.stringify(results), /capacity for 3 of 5 only/);
  const next = await create(service, request("web", 5));
  assert.match(JSON.stringify(next.find(({ name }) => name === "web-4")), /InsufficientInstanceCapacity/);
  stage.faults.capacity(10);
  assert.equal((await make(service, request("web", 5))).length, 5);
  assert.equal((await running(stage)).length, 5);
});

ec2Test("fault 41: throttling is waited for", async (stage) => {
  const service = await stage.open();
  stage.faults.next("RunInstances", { kind: "refuse", code: "RequestLimitExceeded", status: 503 }, 2);
  stage.faults.next("DescribeInstances", { kind: "refuse", code: "RequestLimitExceeded", status: 503 }, 2);
  assert.equal((await make(service, request("web", 2))).length, 2);
  assert.equal((await running(stage)).length, 2);
});

ec2Test(
  "fault 41: credentials that expire while it waits are told, and it goes on with new ones",
  async (stage) => {
    const service = await stage.open();
    const [node] = await make(service, request("web", 1));
    assert.ok(node !== undefined);
    stage.faults.next("DescribeInstances", {
      kind: "refuse",
      code: "RequestExpired",
      message: "Request has expired.",
    });
    const error = await failure(Array.fromAsync(service.ready(node)));
    assert.match(error.message, /^Cannot list instances: the credentials have expired \(RequestExpired: /);
    assert.match(error.help ?? "", /aws sso login.*run the command again/);
    const steps = await Array.fromAsync(service.ready(node));
    assert.equal(steps.at(-1)?.step, "done");
  },
);

ec2Ended();
