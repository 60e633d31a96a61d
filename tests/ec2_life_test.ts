// How instances end, stop and are removed, and which of two of one name goes.
import assert from "node:assert/strict";
import {
  ec2Ended,
  ec2Test,
  failure,
  make,
  nodeSpec,
  palletWith,
  request,
  running,
} from "./support/ec2_stage.ts";

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

ec2Test("stopped nodes are known, started and removed", async (stage) => {
  const service = await stage.open();
  const nodes = await make(service, request("web", 2));
  await service.stop(nodes.slice(0, 1));
  assert.deepEqual((await service.nodes()).map(({ state }) => state), ["stopped", "running"]);
  await service.start(nodes.slice(0, 1));
  assert.deepEqual((await service.nodes()).map(({ state }) => state), ["running", "running"]);
  await service.stop(nodes);
  await service.destroy(nodes);
  assert.deepEqual(await service.nodes(), []);
});

ec2Ended();
