// Names of hosts, with resolvers that answer late or never: in processes that have a resolver of their own.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { withNetwork } from "../../tests/support/network.ts";
import type { SshRoute } from "./connection.ts";
import { folder, noNetwork, serveTests, sshd, test, tidy } from "./ssh_testing.ts";

serveTests();

/** Connects to `web.example` in a process that has its own /etc/hosts and resolver. */
const CHILD = `
import { makeTransport } from ${JSON.stringify(new URL("./mod.ts", import.meta.url).href)};
import { options } from ${JSON.stringify(new URL("./testing.ts", import.meta.url).href)};
import ${
  JSON.stringify(new URL("./ssh.ts", import.meta.url).href)
}; // which takes a while, and nobody waits for it here
const [stateDir, route, seconds, longest] = Deno.args;
const pauses = { first: 0.1, longest: Number(longest) };
const transport = makeTransport({ stateDir, agentSocket: "", knownHosts: [], sshConfig: "none", pauses });
console.log("begins");
try {
  const connection = await transport.connect(JSON.parse(route), options({ connectTimeout: Number(seconds) }));
  console.log("connected", connection.counts.reconnects);
} catch (error) {
  console.log(error.message, "|", error.help);
}
await transport.close();
`;

/** Runs {@linkcode CHILD}; `hosts` may be changed meanwhile. */
async function resolveIn(hosts: string, seconds: number, route: SshRoute, changed?: string): Promise<string> {
  const work = await Deno.makeTempDir({ dir: folder });
  await Deno.writeTextFile(`${work}/child.ts`, CHILD);
  await Deno.writeTextFile(`${work}/hosts`, hosts);
  await Deno.writeTextFile(`${work}/resolv.conf`, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  const setup = 'mount --bind "$1/hosts" /etc/hosts && mount --bind "$1/resolv.conf" /etc/resolv.conf && ' +
    'cd "$2" && shift 2 && exec "$@"';
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const deno = [
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    "--config",
    `${root}/deno.json`,
    `${work}/child.ts`,
  ];
  const child = new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", setup, "sh", work, root, ...deno].concat(
      [`${work}/state`, JSON.stringify(route), String(seconds), changed === undefined ? "0.3" : "2"],
    ),
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let told = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    told += text;
    if (changed === undefined || told !== "begins\n") continue;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await Deno.writeTextFile(`${work}/hosts`, changed);
  }
  await child.status;
  return told.replace("begins\n", "");
}

test("fault 12: a resolver that does not answer just now is asked again, and told of in the end", async () => {
  const route = { ...sshd.route(), address: "web.example", name: "node-1" };
  await tidy(sshd);
  const local = "127.0.0.1 localhost\n";
  const [good, bad, told] = await Promise.all([
    resolveIn(local, 20, route, "127.0.0.1 localhost web.example\n"),
    resolveIn(local, 1, route),
    resolveIn(local, 60, route),
  ]);
  assert.match(good, /^connected [1-9]/);
  assert.match(
    bad,
    /^Cannot connect to node-1 \(web\.example:\d+\): no address of "web\.example" within 1 s/,
  );
  assert.match(
    told,
    /: the name "web\.example" cannot be resolved just now, again and again \| .*resolv\.conf/,
  );
});

test(
  "several addresses of a name: one that leads nowhere costs a quarter of a second",
  () =>
    withNetwork(async ({ address, firewall }) => {
      await firewall("drop");
      await tidy(sshd);
      const route = { ...sshd.route(), address: "web.example", name: "node-1" };
      const hosts = `127.0.0.1 localhost\n${address} web.example\n127.0.0.1 web.example\n`;
      assert.match(await resolveIn(hosts, 5, route), /^connected 0/);
    }),
  noNetwork !== undefined,
);
