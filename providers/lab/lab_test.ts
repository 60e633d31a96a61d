import assert from "node:assert/strict";
import { PalletError } from "../../engine/errors.ts";
import type { Provider } from "../../engine/provider/provider.ts";
import { eachAsItComes } from "./concurrent.ts";
import { makeNodes, onNode, openLab, tracesOf, whyNoLab } from "./test_support.ts";

const why = await whyNoLab();
if (why !== undefined) console.log(`lab: nodes not tested: ${why}`);

function labTest(name: string, run: (lab: Provider, stateDir: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: why !== undefined,
    fn: async () => {
      const stateDir = await Deno.makeTempDir({ prefix: "pallet-lab-test-" });
      const lab = await openLab(stateDir);
      try {
        await run(lab, stateDir);
      } finally {
        const nodes = await lab.nodes();
        if (nodes.length > 0) await lab.destroy(nodes);
        await lab.close();
        assert.deepEqual(await tracesOf(stateDir), []);
        await Deno.remove(stateDir, { recursive: true });
      }
    },
  });
}

labTest("lab nodes have their own name, processes, files, address and way out", async (lab) => {
  const nodes = await makeNodes(lab, { names: ["t-1", "t-2", "t-3"] });
  const [one, two, three] = nodes;
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  for (const node of nodes) {
    const { output } = await onNode(
      lab,
      node,
      "hostname; echo mark-of-$(hostname) >/etc/mark; ip -4 -o addr show eth0",
    );
    assert.match(output, new RegExp(`^${node.name}\n.* ${node.primaryIp}/`));
  }
  assert.equal((await onNode(lab, two, "cat /etc/mark")).output, "mark-of-t-2");
  await assert.rejects(Deno.stat("/etc/mark"), Deno.errors.NotFound);

  await onNode(lab, one, "setsid sleep 4711 >/dev/null 2>&1 </dev/null &");
  assert.equal((await onNode(lab, one, "pgrep -f '[s]leep 4711' | wc -l")).output, "1");
  assert.equal((await onNode(lab, two, "pgrep -f '[s]leep 4711' | wc -l")).output, "0");

  const seen = await onNode(lab, one, `ssh-keyscan -T 5 -t ed25519 ${three.primaryIp} 2>/dev/null`);
  const route = await lab.route(three);
  assert.ok(route.kind === "ssh");
  assert.equal(route.sshConfig, false, "what the user says of every host is not about it");
  assert.equal(seen.output, `${three.primaryIp} ${route.hostKeys[0]}`);
  assert.equal(
    (await onNode(lab, one, "ls -A /root/.ssh /home")).output,
    "/home:\n\n/root/.ssh:\nauthorized_keys",
  );
  assert.notEqual((await onNode(lab, one, "echo 1 >/proc/sys/kernel/sysrq")).status, 0);
});

labTest("lab nodes of the host image install packages, and the machine stays as it is", async (lab) => {
  const before = await Deno.readTextFile("/var/lib/dpkg/status");
  const [node] = await makeNodes(lab, {});
  assert.ok(node !== undefined);
  const { status, output } = await onNode(
    lab,
    node,
    "export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get -qq -y install hello >/dev/null && hello",
  );
  assert.equal(status, 0, output);
  assert.match(output, /^Hello, world!$/m);
  assert.equal(await Deno.readTextFile("/var/lib/dpkg/status"), before);
});

labTest("lab nodes of a Debian image boot systemd", async (lab) => {
  const [node] = await makeNodes(lab, { nodeSpec: { image: { osFamily: "debian", osVersion: "12" } } });
  assert.ok(node !== undefined);
  assert.equal(node.image, "debian-12");
  assert.equal((await onNode(lab, node, "systemctl is-system-running --wait")).output, "running");
  assert.equal(
    (await onNode(lab, node, "cat /proc/1/comm; . /etc/os-release; echo $VERSION_ID")).output,
    "systemd\n12",
  );
});

labTest("lab nodes take a login user of the spec's, who may use sudo", async (lab) => {
  const image = { imageId: "host", overrideLoginUser: "admin" };
  const [node] = await makeNodes(lab, { nodeSpec: { image } });
  assert.ok(node !== undefined);
  assert.equal((await onNode(lab, node, "id -un; sudo -n id -un")).output, "admin\nroot");
});

labTest("lab nodes have the memory that their spec asks for, and no more", async (lab) => {
  const nodeSpec = { image: { imageId: "host" }, hardware: { minRam: 128, minCores: 1 } };
  const [node] = await makeNodes(lab, { nodeSpec });
  assert.ok(node !== undefined);
  assert.deepEqual(node.hardware, { cores: 1, ram: 128 });
  assert.equal((await onNode(lab, node, "head -c 20M /dev/zero | tail -c 20M | wc -c")).output, "20971520");
  const tooMuch = await onNode(lab, node, "head -c 300M /dev/zero | tail -c 300M | wc -c");
  assert.notEqual(tooMuch.output, "314572800");
});

labTest(
  "lab nodes whose init was killed are stopped, and start again with their disk and keys",
  async (lab, stateDir) => {
    const [node] = await makeNodes(lab, { tags: { kept: "yes" } });
    assert.ok(node !== undefined);
    await onNode(lab, node, "echo mine >/etc/mine");
    const { stdout } = await new Deno.Command("sh", {
      args: [
        "-c",
        'cat /sys/fs/cgroup/*/pallet-lab-*/"$1"/cgroup.procs /sys/fs/cgroup/pallet-lab-*/"$1"/cgroup.procs',
        "sh",
        node.id,
      ],
      stderr: "null",
    }).output();
    const pids = new TextDecoder().decode(stdout).trim().split("\n").map(Number);
    const init = pids.find((pid) => /NSpid:.*\t1$/m.test(Deno.readTextFileSync(`/proc/${pid}/status`)));
    assert.ok(init !== undefined, `its init is among ${pids}`);
    Deno.kill(init, "SIGKILL");
    const until = Date.now() + 5000;
    while ((await lab.nodes())[0]?.state === "running" && Date.now() < until) {
      await new Promise((go) => setTimeout(go, 20));
    }
    assert.equal((await lab.nodes())[0]?.state, "stopped");
    await assert.rejects(Array.fromAsync(lab.ready(node)), /is not ready: it is not running/);

    // Another command, by its own process or the same user's next one, finds all of it.
    const other = await openLab(stateDir);
    try {
      await other.start(await other.nodes());
      const [again] = await other.nodes();
      assert.deepEqual({ ...again, state: "running" }, { ...node, state: "running" });
      await Array.fromAsync(other.ready(node));
      assert.equal((await onNode(other, node, "cat /etc/mine")).output, "mine");
    } finally {
      await other.close();
    }
  },
);

labTest("lab: what a killed removal left is ended by the next look", async (lab, stateDir) => {
  const [node] = await makeNodes(lab, {});
  assert.ok(node !== undefined);
  // As it is after a kill between the first and the second step of a removal.
  await Deno.mkdir(`${stateDir}/test/removed`);
  await Deno.rename(`${stateDir}/test/nodes/${node.id}`, `${stateDir}/test/removed/${node.id}`);
  assert.deepEqual(await lab.nodes(), []);
  assert.deepEqual(await tracesOf(stateDir), []);

  // And between the last node's end and the network's.
  const [next] = await makeNodes(lab, {});
  assert.ok(next !== undefined);
  await lab.stop([next]);
  await Deno.remove(`${stateDir}/test/nodes/${next.id}`, { recursive: true });
  assert.notDeepEqual(await tracesOf(stateDir), []);
  assert.deepEqual(await lab.nodes(), []);
  assert.deepEqual(await tracesOf(stateDir), []);
});

labTest("lab: a node whose making was killed is known, and adopted by name", async (lab, stateDir) => {
  const script = `
    const { provider } = await import(${JSON.stringify(import.meta.resolve("./mod.ts"))});
    const { labCache } = await import(${JSON.stringify(import.meta.resolve("./test_support.ts"))});
    const service = { name: "test", provider: "lab", options: {} };
    const lab = await provider.open(service, { stateDir: ${
    JSON.stringify(stateDir)
  }, cacheDir: labCache, progress: () => {} });
    setInterval(async () => {
      const { default: fs } = await import("node:fs");
      const folder = ${JSON.stringify(`${stateDir}/test/nodes`)};
      if (fs.existsSync(folder) && fs.readdirSync(folder).some((id) => fs.existsSync(folder + "/" + id + "/node.json"))) Deno.kill(Deno.pid, "SIGKILL");
    }, 1);
    const nodeSpec = { image: { imageId: "host" } };
    for await (const _ of lab.create({ group: "t", names: ["t-1", "t-2"], nodeSpec, tags: { a: "b" }, token: "x" }));
  `;
  const { signal } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", new URL("../../deno.json", import.meta.url).pathname, script],
    stderr: "null",
  }).output();
  assert.equal(signal, "SIGKILL");
  for (const node of await lab.nodes()) assert.deepEqual(node.tags, { a: "b" });
  const nodes = await makeNodes(lab, { names: ["t-1", "t-2"] });
  assert.deepEqual((await lab.nodes()).map(({ id }) => id).sort(), nodes.map(({ id }) => id).sort());
});

labTest("lab: two commands at once share the network and never an address", async (lab, stateDir) => {
  const other = await openLab(stateDir);
  try {
    const made = await Promise.all([
      makeNodes(lab, { names: ["t-1", "t-2"] }),
      makeNodes(other, { group: "u", names: ["u-1", "u-2"] }),
    ]);
    const addresses = made.flat().map(({ primaryIp }) => primaryIp);
    assert.equal(new Set(addresses).size, 4);
    await Promise.all([lab.destroy(made[0]), other.destroy(made[1])]);
  } finally {
    await other.close();
  }
});

labTest("lab: a name that another group has is refused", async (lab) => {
  await makeNodes(lab, { names: ["t-1"] });
  await assert.rejects(makeNodes(lab, { group: "u", names: ["t-1"] }), (error) => {
    assert.ok(error instanceof PalletError);
    assert.match(error.message, /"t-1" of group "u": group "t" has a node of that name/);
    return true;
  });
});

Deno.test("eachAsItComes() yields outcomes in the order they end, failures too", async () => {
  const wait = async (time: number) => {
    await new Promise((resolve) => setTimeout(resolve, time));
    if (time === 20) throw new Error("twenty");
    return time;
  };
  const outcomes = await Array.fromAsync(eachAsItComes([60, 20, 1], 2, wait));
  assert.deepEqual(outcomes.map(({ item, result }) => [item, result.status]), [
    [20, "rejected"],
    [1, "fulfilled"],
    [60, "fulfilled"],
  ]);
});
