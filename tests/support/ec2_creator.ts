// Makes nodes of EC2 as a process of its own, to be killed: URL of EC2, folder of its state, group, count.
import { ec2Options } from "../../providers/ec2/options.ts";
import { makeEc2 } from "../../providers/ec2/provider.ts";
import { request, serviceOptions } from "./ec2_stage.ts";

const [url = "", stateDir = "", group = "", count = ""] = Deno.args;
const service = { name: "test", provider: "ec2", options: serviceOptions(url) };
const provider = makeEc2(service, ec2Options(service), {
  stateDir,
  cacheDir: `${stateDir}/cache`,
  progress: () => {},
});
const asked = request(group, Number(count));
const known = new Set((await provider.nodes()).map(({ name }) => name));
const names = asked.names.filter((name) => !known.has(name));
// What an operation does: it looks, makes what is missing, and waits for what is pending.
if (names.length > 0) {
  await provider.ensureGroup(group, asked.nodeSpec);
  for await (const result of provider.create({ ...asked, names })) {
    if ("error" in result) console.error(`${result.name}: ${result.error}`);
  }
}
const nodes = (await provider.nodes()).filter((node) => node.group === group);
await Promise.all(nodes.map((node) => Array.fromAsync(provider.ready(node))));
for (const node of nodes) await provider.tag(node, { bootstrapped: "true" });
console.log(nodes.length);
await provider.close();
