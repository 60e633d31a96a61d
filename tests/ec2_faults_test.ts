// What goes wrong with EC2, and what we make of it.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  create,
  ec2Ended,
  ec2Test,
  failure,
  make,
  nodeSpec,
  palletWith,
  request,
  running,
} from "./support/ec2_stage.ts";

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

ec2Test(
  "fault 42: an instance that EC2 ends while it is waited for is told with its reason",
  async (stage) => {
    const service = await stage.open({ timeouts: { running: 20 } });
    const [node] = await make(
      service,
      request("web", 1, { nodeSpec: { ...nodeSpec, qos: { spotPrice: 0.01 } } }),
    );
    assert.ok(node !== undefined);
    await stage.call("TerminateInstances", { "InstanceId.1": node.id });
    const error = await failure(Array.fromAsync(service.ready(node)));
    assert.match(error.message, /"web-1" \(i-.*\) is not ready: EC2 ended it: .*shutdown/i);
    assert.deepEqual(await service.nodes(), []);
  },
);

ec2Test(
  "fault 42: an instance that never runs, or that EC2 calls impaired, is told in time",
  async (stage) => {
    const service = await stage.open({ timeouts: { running: 1, port: 1 } });
    const [node] = await make(service, request("web", 1));
    assert.ok(node !== undefined);
    const say = (action: string, from: string, to: string) =>
      stage.faults.answer(action, async (parameters) => {
        const { Action: _, ...given } = Object.fromEntries(parameters);
        return (await stage.call(action, given)).replaceAll(from, to);
      });
    say("DescribeInstanceStatus", "<status>ok</status>", "<status>impaired</status>");
    const impaired = await failure(Array.fromAsync(service.ready(node)));
    assert.match(
      impaired.message,
      /"web-1" \(i-.*\) is not ready: EC2's status checks say that it is impaired$/,
    );
    assert.match(impaired.help ?? "", /Destroy it and run the command again/);

    say("DescribeInstances", "<name>running</name>", "<name>pending</name>");
    const pending = await failure(Array.fromAsync(service.ready(node)));
    assert.match(pending.message, /is not ready: it is still pending after 1 seconds$/);
    assert.match(pending.help ?? "", /It exists and is billed/);
  },
);

ec2Test("fault 43: nothing goes unless somebody agrees", async (stage) => {
  const service = await stage.open();
  await make(service, request("web", 2));
  for (const args of [["converge", "web=0"], ["destroy"]]) {
    const { status, err } = await palletWith(stage, {}, ...args);
    assert.equal(status, 2);
    assert.match(err, /^- web-2$/m);
    assert.match(err, /Would remove web-2, web-1, and nobody agreed to that/);
  }
  assert.equal((await running(stage)).length, 2);
  assert.equal(stage.faults.counts["TerminateInstances"], undefined);
  const { status, err } = await palletWith(stage, {}, "converge", "web=0", "--yes");
  assert.equal(status, 0, err);
  assert.deepEqual(await running(stage), []);
});

ec2Test("fault 43: protected instances are left, named, and the others go", async (stage) => {
  const service = await stage.open();
  const open = await make(service, request("web", 1));
  const extras = { ec2: { disableApiTermination: true } };
  const closed = await make(service, request("db", 1, { nodeSpec: { ...nodeSpec, provider: extras } }));
  // moto does not take the protection at launch.
  await stage.call("ModifyInstanceAttribute", {
    InstanceId: closed[0]?.id ?? "",
    "DisableApiTermination.Value": "true",
  });
  const error = await failure(service.destroy([...closed, ...open]));
  assert.match(error.message, /^Cannot destroy "db-1" \(i-[0-9a-f]+\): it is protected against termination$/);
  assert.match(error.help ?? "", /disableApiTermination/);
  assert.deepEqual((await service.nodes()).map(({ name }) => name), ["db-1"]);
});

ec2Test("what EC2 does not end in time is told, and is not taken for gone", async (stage) => {
  const service = await stage.open({ timeouts: { gone: 1 } });
  const nodes = await make(service, request("web", 1));
  stage.faults.answer("TerminateInstances", () => Promise.resolve("<TerminateInstancesResponse/>"));
  const error = await failure(service.destroy(nodes));
  assert.match(error.message, /^Cannot destroy "web-1" \(i-[0-9a-f]+\): it is not gone after 1 seconds$/);
  assert.match(error.help ?? "", /billed until they are gone/);
  assert.equal((await service.nodes()).length, 1);
});

ec2Test("fault 43: instances of others are neither listed nor touched", async (stage) => {
  await stage.call("RunInstances", {
    ImageId: "ami-0000000000000d122",
    InstanceType: "t3.micro",
    MinCount: "1",
    MaxCount: "1",
  });
  const [foreign = ""] = await running(stage);
  const service = await stage.open();
  const nodes = await make(service, request("web", 1));
  assert.equal((await service.nodes()).length, 1);
  const [own] = nodes;
  assert.ok(own !== undefined);
  await service.destroy([own, { ...own, id: foreign, name: "foreign", createdAt: "2020-01-01T00:00:00Z" }]);
  assert.deepEqual(await running(stage), [foreign]);
  const touched = { ...own, id: foreign, createdAt: "2020-01-01T00:00:00Z" };
  for (const work of [service.stop([touched]), service.start([touched]), service.tag(touched, { a: "b" })]) {
    assert.match((await failure(work)).message, /EC2 shows no instance of ours by that id/);
  }
  assert.doesNotMatch(await stage.call("DescribeTags"), new RegExp(foreign));
});

ec2Test(
  "two workstations at once: the younger of two instances of one name goes, said aloud",
  async (stage) => {
    const [one, other] = [await stage.open(), await stage.open()];
    // The other workstation makes the same while the first one's call is under way.
    let done = false;
    stage.faults.onCall(async (action) => {
      if (action !== "RunInstances" || done) return;
      done = true;
      await make(other, request("web", 1));
      // Ages have whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1100));
    });
    const [node] = await make(one, request("web", 1));
    const left = await running(stage);
    assert.deepEqual(left, [node?.id]);
    assert.match(one.said.join("\n"), /Two instances are web-1: i-[0-9a-f]+ was there first/);
  },
);

ec2Test("a double whose maker was killed before it looked is told, and goes first", async (stage) => {
  const service = await stage.open();
  const elders = await make(service, request("web", 2));
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const tags = { service: "test", group: "web", names: "web-1" };
  const parameters = Object.entries(tags).flatMap(([key, value], at) => [
    [`TagSpecification.1.Tag.${at + 1}.Key`, `pallet/${key}`],
    [`TagSpecification.1.Tag.${at + 1}.Value`, value],
  ]);
  await stage.call("RunInstances", {
    ImageId: "ami-0000000000000d122",
    InstanceType: "t3.micro",
    MinCount: "1",
    MaxCount: "1",
    "TagSpecification.1.ResourceType": "instance",
    ...Object.fromEntries(parameters),
  });
  const { status, err } = await palletWith(stage, {}, "converge", "--no-phases", "--yes");
  assert.equal(status, 0, err);
  assert.match(err, /Two instances are web-1: i-[0-9a-f]+ is the younger, and goes when there are too many/);
  assert.deepEqual((await running(stage)).toSorted(), elders.map(({ id }) => id).sort());
});

ec2Ended();
