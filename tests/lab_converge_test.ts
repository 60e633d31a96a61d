// The main job on real nodes, by the command line: counts, phases, their order, and what is left afterwards.
import assert from "node:assert/strict";
import { execScript, groupSpec, packages, sh } from "../engine/mod.ts";
import { lift } from "../engine/run.ts";
import { providers } from "../providers/mod.ts";
import { labTest, of } from "./support/lab.ts";

const HEAD = `import {
  directory, execScript, file, group, groupSpec, lineInFile, remoteFile, serverSpec, service, setting, settingsKey, sh,
  symbolicLink, user,
} from "pallet";
`;

/** Notes on the node what ran when: a word, and nanoseconds of a clock that all nodes of the machine share. */
const STAMP = HEAD + String.raw`
const stamp = (word: string) => execScript(sh${"`"}
  began=$(date +%s%N)
  sleep 0.3
  echo ${"${word}"} "$began" "$(date +%s%N)" >>/root/log${"`"}, { id: word });
`;

interface Stamp {
  readonly word: string;
  readonly began: bigint;
  readonly ended: bigint;
}

function stamps(log: string): readonly Stamp[] {
  return log.split("\n").filter((line) => line !== "").map((line) => {
    const [word = "", began = "", ended = ""] = line.split(" ");
    return { word, began: BigInt(began), ended: BigInt(ended) };
  });
}

/** How many of the stamps were under way at the same time. */
function atOnce(all: readonly Stamp[]): number {
  return Math.max(
    ...all.map((one) => all.filter((other) => other.began <= one.began && one.began < other.ended).length),
  );
}

const IDEMPOTENT = HEAD + `
export const a = groupSpec("a", { count: 2, phases: { configure: () => [
  group("shop"),
  user("keeper", { shell: "/bin/sh", groups: ["shop"], createHome: true }),
  directory("/srv/shop/data", { owner: "keeper", group: "shop", mode: "0750" }),
  remoteFile("/srv/shop/price", { content: "12 $HOME\\n", owner: "keeper", mode: "0640" }),
  lineInFile("/etc/hosts", "192.0.2.1 elsewhere"),
  symbolicLink("/srv/shop/price", "/srv/price"),
  execScript(sh\`echo once >>/root/once\`, { creates: "/root/once" }),
] } });
`;

labTest(
  "check 1: nodes with bash and sshd alone are configured, and nothing stays running",
  IDEMPOTENT,
  async (p) => {
    await p.ok("converge", "--yes", "--no-phases");
    for (const name of ["a-1", "a-2"]) {
      await p.on(name, "rm -f /usr/bin/python3* /usr/bin/perl* /usr/bin/ruby* && ! command -v python3 perl");
    }
    const first = await p.ok("converge", "--yes");
    const results = of(first, "action-finished");
    assert.equal(results.length, 14);
    assert.ok(results.every((one) => one.result === "changed"), first.err);
    assert.equal(
      await p.on("a-1", "stat -c '%U %G %a' /srv/shop/data /srv/price"),
      "keeper shop 750\nroot root 777",
    );
    assert.equal(await p.on("a-1", "cat /srv/price"), "12 $HOME");
    // What runs on a node is its own process 1 and sshd.
    assert.equal(await p.on("a-2", "pgrep -fa pallet | grep -v pgrep || true"), "");

    const log = await p.on("a-1", "stat -c %Y.%i /srv/shop/price /etc/hosts; wc -l /root/once");
    const second = await p.ok("converge", "--yes");
    assert.deepEqual(of(second, "action-finished").map((one) => one.result), Array(14).fill("ok"));
    assert.deepEqual(
      of(second, "counts-planned").flatMap((one) => one.groups.flatMap((g) => [...g.create, ...g.remove])),
      [],
    );
    assert.equal(await p.on("a-1", "stat -c %Y.%i /srv/shop/price /etc/hosts; wc -l /root/once"), log);
  },
);

const COUNTS = HEAD + `
export const a = groupSpec("a", { count: 0 });
export const b = groupSpec("b", { count: 0 });
`;

labTest(
  "checks 20-23: counts make and remove nodes of their own group alone, the newest first",
  COUNTS,
  async (p) => {
    const up = await p.ok("converge", "a=3", "b=1", "--yes");
    assert.deepEqual(of(up, "node-created").map((one) => one.target).sort(), ["a-1", "a-2", "a-3", "b-1"]);
    const ids = (await p.lab.nodes()).map((node) => node.id).sort();
    const again = await p.ok("converge", "a=3", "b=1", "--yes");
    assert.deepEqual([of(again, "node-created"), of(again, "node-removed")], [[], []]);
    assert.deepEqual((await p.lab.nodes()).map((node) => node.id).sort(), ids);

    const refused = await p.run("converge", "a=1");
    assert.equal(refused.status, 2, "nobody was asked, and --yes was not given");
    assert.match(refused.err, /--yes/);
    assert.equal((await p.names()).length, 4);

    const down = await p.ok("converge", "a=1", "--yes");
    assert.deepEqual(of(down, "counts-planned")[0]?.groups.find((g) => g.group === "a")?.remove, [
      "a-3",
      "a-2",
    ]);
    assert.deepEqual(of(down, "node-removed").map((one) => one.target).sort(), ["a-2", "a-3"]);
    assert.deepEqual(await p.names(), ["a-1", "b-1"]);

    await p.lab.destroy([await p.node("a-1")]);
    await p.ok("converge", "a=2", "--yes");
    assert.deepEqual(await p.names(), ["a-1", "a-2", "b-1"]);
    await p.ok("converge", "a=0", "--yes");
    assert.deepEqual(await p.names(), ["b-1"]);

    await p.write("infra.ts", `${HEAD}export const a = groupSpec("a", { count: 0 });`);
    const told = of(await p.ok("plan"), "message").map(({ text }) => text);
    assert.match(told.join("\n"), /does not have: b \(1\)\. To remove them: pallet destroy b$/m);
    assert.deepEqual(of(await p.ok("destroy", "b", "--yes"), "node-removed").map((one) => one.target), [
      "b-1",
    ]);
    assert.deepEqual(await p.names(), []);
  },
);

const BOOTSTRAP = STAMP + `
export const a = groupSpec("a", { phases: {
  bootstrap: () => [stamp("bootstrap"), execScript(sh\`test ! -e /root/refuse\`)],
  configure: () => stamp("configure"),
  "destroy-server": () => execScript(sh\`hostname; cat /root/log\`),
} });
`;

labTest(
  "checks 24, 25, 30: bootstrap on new nodes alone and first, destroy-server while a node answers",
  BOOTSTRAP,
  async (p) => {
    await p.ok("converge", "a=1", "--yes");
    const second = await p.ok("converge", "a=2", "--yes");
    const ran = of(second, "target-finished").map((one) => `${one.phase} ${one.target}`);
    assert.deepEqual(ran.toSorted(), ["bootstrap a-2", "configure a-1", "configure a-2"]);
    assert.equal(ran[0], "bootstrap a-2");
    const words = async (name: string) => stamps(await p.on(name, "cat /root/log")).map((one) => one.word);
    assert.deepEqual(await words("a-1"), ["bootstrap", "configure", "configure"]);
    assert.deepEqual(await words("a-2"), ["bootstrap", "configure"]);

    const down = await p.ok("converge", "a=1", "--yes");
    const story = down.events.flatMap((event) =>
      event.type === "action-finished" || event.type === "node-removed"
        ? [`${event.type} ${event.target}`]
        : []
    );
    assert.deepEqual(story, ["action-finished a-2", "node-removed a-2", "action-finished a-1"]);
  },
);

labTest("check 34: a node whose bootstrap failed is bootstrapped again", BOOTSTRAP, async (p) => {
  await p.ok("converge", "a=1", "--yes", "--no-phases");
  await p.on("a-1", "touch /root/refuse");
  const failed = await p.run("converge", "a=1", "--yes");
  assert.equal(failed.status, 1);
  assert.deepEqual(of(failed, "phase-started").map((one) => one.phase), ["bootstrap"]);
  assert.equal((await p.node("a-1")).tags["bootstrapped"], undefined);
  await p.on("a-1", "rm /root/refuse");
  const mended = await p.ok("converge", "a=1", "--yes");
  assert.deepEqual(of(mended, "phase-started").map((one) => one.phase), ["bootstrap", "configure"]);
  assert.equal((await p.node("a-1")).tags["bootstrapped"], "true");
  const last = await p.ok("converge", "a=1", "--yes");
  assert.deepEqual(of(last, "phase-started").map((one) => one.phase), ["configure"]);
});

labTest(
  "check 42: a phase that a program makes up installs a package on all nodes of a group",
  COUNTS,
  async (p) => {
    await p.ok("converge", "a=2", "--yes", "--no-phases");
    const adhoc = groupSpec("a", {
      phases: { tools: () => [packages("hello"), execScript(sh`hello >/root/hello`)] },
    });
    const result = await lift({
      source: { specs: [adhoc], folder: p.folder },
      service: { name: "test", provider: "lab", options: { image: "host" } },
      providers,
      directories: { state: `${p.folder}/state/pallet`, cache: `${p.folder}/cache` },
      phases: ["tools"],
    });
    assert.equal(result.exitCode, 0, JSON.stringify(result.phases));
    for (const name of ["a-1", "a-2"]) assert.equal(await p.on(name, "cat /root/hello"), "Hello, world!");
  },
);

const LIFT = STAMP + `
const greet = ({ args, target }: { args: Record<string, unknown>; target: { name: string } }) =>
  remoteFile("/root/greeting", { content: \`\${args.words}, \${target.name}: \${JSON.stringify(args.list)}\\n\` });
export const a = groupSpec("a", { phases: { greet, one: () => stamp("one"), two: () => stamp("two"),
  rolling: () => stamp("rolling") },
  phasesMeta: { rolling: { partition: (targets) => targets.map((target) => [target.name]) } } });
export const b = groupSpec("b", { phases: { one: () => stamp("one"), two: () => stamp("two") } });
`;

labTest(
  "checks 43, 44: lift reaches the nodes that are named, with arguments as they were given",
  LIFT,
  async (p) => {
    await p.ok("converge", "a=2", "b=0", "--yes", "--no-phases");
    const words = `it's "so" $(touch /root/owned)`;
    await p.ok(
      "lift",
      "a",
      "--phase",
      "greet",
      "--limit",
      "a-2",
      "--arg",
      `words=${words}`,
      "--arg",
      'list=[1,"x"]',
    );
    assert.equal(await p.on("a-2", "cat /root/greeting; ls /root"), `${words}, a-2: [1,"x"]\ngreeting`);
    assert.equal(await p.on("a-1", "ls /root"), "");
  },
);

labTest(
  "checks 45, 47-49: phases in order behind a barrier, nodes at once, one by one or in batches",
  LIFT,
  async (p) => {
    await p.ok("converge", "a=2", "b=1", "--yes", "--no-phases");
    const names = ["a-1", "a-2", "b-1"];
    const lifted = async (...args: readonly string[]): Promise<ReadonlyMap<string, readonly Stamp[]>> => {
      await p.ok("lift", ...args);
      return new Map(
        await Promise.all(
          names.map(async (name) => [name, stamps(await p.on(name, "cat /root/log; rm /root/log"))] as const),
        ),
      );
    };
    const pick = (logs: ReadonlyMap<string, readonly Stamp[]>, word: string) =>
      [...logs.values()].flat().filter((one) => one.word === word);

    const free = await lifted("--phase", "two,one");
    for (const log of free.values()) assert.deepEqual(log.map((one) => one.word), ["two", "one"]);
    const barrier = pick(free, "two").reduce((last, { ended }) => ended > last ? ended : last, 0n);
    assert.ok(
      pick(free, "one").every(({ began }) => began > barrier),
      "all finish a phase before any starts the next",
    );
    assert.equal(atOnce(pick(free, "two")), 3);

    assert.equal(atOnce(pick(await lifted("--phase", "one", "--parallel", "1"), "one")), 1);
    assert.equal(atOnce(pick(await lifted("--phase", "one", "--batch", "2"), "one")), 2);

    await p.ok("lift", "a", "--phase", "rolling");
    const [first, second] = await Promise.all(
      ["a-1", "a-2"].map(async (name) => stamps(await p.on(name, "cat /root/log"))[0]),
    );
    assert.ok(first !== undefined && second !== undefined && second.began > first.ended, "a rolling restart");
  },
);

const FAILING = STAMP + `
export const a = groupSpec("a", { phases: {
  work: ({ target }) => [
    stamp("before"),
    target.name === "a-1" ? execScript(sh\`echo nothing works >&2; exit 7\`) : [],
    stamp("after"),
  ],
  next: () => stamp("next"),
} });
`;

labTest(
  "checks 50, 51: a failed action ends its node's phase, others finish, the next phase never starts",
  FAILING,
  async (p) => {
    await p.ok("converge", "a=2", "--yes", "--no-phases");
    const run = await p.run("lift", "--phase", "work,next");
    assert.equal(run.status, 1);
    const words = async (name: string) => stamps(await p.on(name, "cat /root/log")).map((one) => one.word);
    assert.deepEqual(await words("a-1"), ["before"]);
    assert.deepEqual(await words("a-2"), ["before", "after"]);
    const failed = of(run, "action-finished").filter((one) => one.result === "failed");
    assert.deepEqual(failed.map((one) => [one.target, one.exit]), [["a-1", 7]]);
    assert.match(failed[0]?.output ?? "", /nothing works/);
    assert.equal(failed[0]?.origin.file, "infra.ts");
    const [last] = of(run, "run-finished");
    assert.equal(last?.exitCode, 1);
    assert.deepEqual(last?.targets.map((one) => [one.target, one.result]).sort(), [["a-1", "failed"], [
      "a-2",
      "ok",
    ]]);
  },
);

const SETTINGS = HEAD + `
import { store, storeSettings } from "./store.ts";
export const db = groupSpec("db", { extends: [store({ instance: "main", port: 7001 }), store({ instance: "spare", port: 7002 })] });
export const web = groupSpec("web", { after: ["db"], phases: { configure: ({ oneNodeInGroup, settingsOf }) => {
  const db = oneNodeInGroup("db");
  const ports = ["main", "spare"].map((instance) => settingsOf(db, storeSettings, { instance }).port);
  return remoteFile("/root/db", { content: \`\${db.primaryIp} \${ports.join(" ")}\\n\` });
} } });
`;

const STORE = HEAD + `
export const storeSettings = settingsKey<{ port: number }>("store");
export const store = ({ instance, port }: { instance: string; port: number }) => serverSpec({ phases: {
  settings: () => setting(storeSettings, { port }, { instance }),
  configure: ({ settings }) =>
    remoteFile(\`/etc/store-\${instance}.conf\`, { content: \`port=\${settings(storeSettings, { instance }).port}\\n\` }),
} });
`;

labTest(
  "checks 88, 93: a node reads another's settings, and two instances of a crate keep apart",
  SETTINGS,
  async (p) => {
    await p.write("store.ts", STORE);
    await p.ok("converge", "db=1", "web=1", "--yes");
    assert.equal(
      await p.on("db-1", "cat /etc/store-main.conf /etc/store-spare.conf"),
      "port=7001\nport=7002",
    );
    const { primaryIp } = await p.node("db-1");
    assert.equal(await p.on("web-1", "cat /root/db"), `${primaryIp} 7001 7002`);
  },
);

const MANY = HEAD + `
export const a = groupSpec("a", { phases: { configure: ({ target }) => remoteFile("/root/me", { content: target.name }) } });
`;

labTest("20 nodes at once come, are configured, and go, leaving nothing on the machine", MANY, async (p) => {
  const before = await p.traces();
  const up = await p.ok("converge", "a=20", "--yes");
  const changed = of(up, "action-finished").filter((one) => one.result === "changed");
  assert.equal(new Set(changed.map((one) => one.target)).size, 20);
  assert.notDeepEqual(await p.traces(), before, "traces() sees what there is");
  const gone = await p.ok("destroy", "--yes");
  assert.equal(of(gone, "node-removed").length, 20);
  assert.deepEqual(await p.traces(), before);
  assert.deepEqual(before, []);
  assert.equal((await p.run("destroy", "--yes")).status, 0, "destroying nothing is no failure");
});
