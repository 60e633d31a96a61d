// What users get wrong, and what they are told: the message, the place, the exit status, and nothing touched.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Outcome, pallet } from "./support/process.ts";

/** Configuration with one node that must not be reached; `PORT` counts who tries. */
const YAML = `services:
  mine:
    provider: node-list
    nodes:
      - { name: web-1, group: web, address: 127.0.0.1, port: PORT, user: root, os: debian-12 }
default-service: mine
`;

const HEAD =
  `import { directory, execScript, groupSpec, nodeSpec, packages, remoteFile, serverSpec, sh, user } from "pallet";\n`;

interface Bad {
  /** Lines after the first, which imports what there is. */
  readonly infra?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** `plan` unless told. */
  readonly args?: readonly string[];
  /** All of these are said. */
  readonly says: readonly RegExp[];
  /** `infra.ts:3:1` or the beginning of it. */
  readonly at?: string;
  /** 2: nothing was done. */
  readonly status?: number;
  /** Seconds. */
  readonly within?: number;
}

const GOOD =
  `export const web = groupSpec("web", { count: 1, phases: { configure: () => directory("/srv/x") } });\n`;

function assertTold(bad: Bad, { status, out, err }: Outcome): void {
  const all = `${err}${out}`;
  assert.equal(status, bad.status ?? 2, all);
  for (const message of bad.says) assert.match(all, message);
  if (bad.at !== undefined) assert.ok(all.includes(`at ${bad.at}`), `at ${bad.at} is named in: ${all}`);
  assert.doesNotMatch(all, /\n\s+at .*(engine|cli)\/[a-z_/]+\.ts:\d+/, "no stack of ours");
  assert.doesNotMatch(all, /defect of ours/);
}

/** A project in a folder of its own; insists that no connection was opened, and that nothing ran for longer. */
async function tell(bad: Bad): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-bad-" });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      connections++;
      connection.close();
    }
  })();
  try {
    const files = { "infra.ts": HEAD + (bad.infra ?? GOOD), "pallet.yaml": YAML, ...bad.files };
    for (const [name, text] of Object.entries(files)) {
      if (text === "") continue;
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text.replaceAll("PORT", String(listener.addr.port)));
    }
    const began = performance.now();
    const env = { XDG_STATE_HOME: join(folder, "state"), XDG_CONFIG_HOME: join(folder, "config") };
    const outcome = await pallet(bad.args ?? ["plan"], { cwd: folder, env, limit: 60 });
    assertTold(bad, outcome);
    assert.ok(performance.now() - began < (bad.within ?? 15) * 1000, "in time");
    assert.equal(connections, 0, "no connection was opened");
  } finally {
    listener.close();
    await accepting;
    await Deno.remove(folder, { recursive: true });
  }
}

function badTest(name: string, ...all: readonly Bad[]): void {
  Deno.test(name, async () => {
    for (const bad of all) await tell(bad);
  });
}

/** A group whose `configure` is this expression, which stands on line 3. */
function phase(expression: string): string {
  return `export const web = groupSpec("web", { count: 1, phases: { configure:\n${expression}\n} });\n`;
}

badTest(
  "an unknown key of a group spec is named with its line and the key that was meant",
  {
    infra: `export const web = groupSpec("web", {\n  cuont: 1,\n});\n`,
    says: [/group spec "web"/, /unknown key "cuont"\. Did you mean "count"\?/],
    at: "infra.ts:2:",
  },
);

badTest("an unknown key of a server spec, also far from the group", {
  infra: `const base = serverSpec({ phase: {} });\n${GOOD.replace("{ count", "{ extends: base, count")}`,
  says: [/unknown key "phase"\. Did you mean "phases"\?/],
  at: "infra.ts:2:",
});

badTest(
  "wrong keys and values of a node spec are named by their path",
  {
    infra:
      `export const web = groupSpec("web", { count: 1, nodeSpec: nodeSpec({ hardware: { minRan: 512 } }) });\n`,
    says: [/hardware/, /unknown key "minRan"\. Did you mean "minRam"\?/],
    at: "infra.ts:2:",
  },
  {
    infra: `export const web = groupSpec("web", { count: 1, nodeSpec: { hardware: { minRam: "512" } } });\n`,
    says: [/hardware\.minRam/, /"512"/],
    at: "infra.ts:2:",
  },
);

badTest("an unknown option of an action is named with the line of the phase", {
  infra: phase(`() => remoteFile("/etc/x", { contnet: "x" })`),
  says: [/unknown key "contnet"\. Did you mean "content"\?/],
  at: "infra.ts:3:",
});

badTest(
  "unknown keys of configuration files are named with file, line and column",
  {
    files: { "pallet.yaml": `${YAML}defualts: {}\n` },
    says: [/unknown key "defualts"\. Did you mean "defaults"\?/],
    at: "pallet.yaml:7:1",
  },
  {
    files: { "pallet.yaml": YAML.replace("address:", "adress:") },
    says: [/unknown key "adress"\. Did you mean "address"\?/],
    at: "pallet.yaml:",
  },
  {
    files: { "config/pallet/config.yaml": "admin-usr: { username: me }\n" },
    says: [/unknown key "admin-usr"\. Did you mean "admin-user"\?/],
    at: "config/pallet/config.yaml:1:1",
  },
  { files: { "pallet.yaml": `${YAML}infra: [\n` }, says: [/pallet\.yaml/], at: "pallet.yaml:" },
);

badTest(
  "a phase that throws is named with the line that threw, whatever it throws",
  {
    infra: phase(`() => { throw new Error("no luck today"); }`),
    says: [/no luck today/, /configure/, /web-1/],
    at: "infra.ts:3:",
  },
  {
    infra: phase(`async () => { await null; throw new TypeError("no luck later"); }`),
    says: [/no luck later/],
    at: "infra.ts:3:",
  },
  { infra: phase(`() => { throw "just a text"; }`), says: [/just a text/] },
  { infra: phase(`() => { throw null; }`), says: [/null/] },
  { infra: phase(`({ target }) => target.nothing.there`), says: [/undefined/], at: "infra.ts:3:" },
);

badTest(
  "a phase that throws stops converge and lift before any node is touched",
  ...["converge", "lift"].map((command) => ({
    infra: phase(`() => { throw new Error("no luck today"); }`),
    args: [command],
    says: [/no luck today/],
    at: "infra.ts:3:",
  })),
);

badTest(
  "a phase that returns rubbish is told what it returned",
  ...[
    "42",
    `"text"`,
    "true",
    "[[directory('/srv'), 7]]",
    "{ kind: 'directory', args: {} }",
    "() => directory('/srv')",
    "new Date(0)",
    "Symbol('x')",
    "10n",
  ]
    .map((value) => ({
      infra: phase(`() => (${value})`),
      says: [/configure/, /action/i],
      at: "infra.ts:",
    })),
);

badTest("two groups of one name", {
  infra: GOOD + GOOD.replace("const web", "const other"),
  says: [/two groups|twice|more than one|both/i, /"web"/],
  at: "infra.ts:",
});

badTest(
  "a local file or a template that is not there is named, with the line that wants it",
  {
    infra: phase(`() => remoteFile("/etc/x", { localFile: "files/nothing.conf" })`),
    says: [/files\/nothing\.conf/],
    at: "infra.ts:3:",
  },
  {
    infra: phase(`() => remoteFile("/etc/x", { template: "nothing.tmpl", values: {} })`),
    says: [/nothing\.tmpl/],
    at: "infra.ts:3:",
  },
  {
    infra: phase(`() => remoteFile("/etc/x", { localFile: "/etc/shadow" })`),
    says: [/\/etc\/shadow/],
    at: "infra.ts:3:",
  },
  {
    infra: phase(`() => remoteFile("/etc/x", { localFile: "../../etc/shadow" })`),
    says: [/etc\/shadow/],
    at: "infra.ts:3:",
  },
);

badTest(
  "an infra file that cannot be read as one",
  { infra: `export const web = groupSpec("web", { count: 1 );\n`, says: [/infra\.ts/], at: "infra.ts:2:" },
  { infra: `import { x } from "./nowhere.ts";\n${GOOD}`, says: [/nowhere\.ts/], at: "infra.ts:2:" },
  {
    infra: `import { grouppSpec } from "pallet";\n${GOOD}`,
    says: [/grouppSpec".* Did you mean "groupSpec"\?/],
    at: "infra.ts:2:",
  },
  { infra: `import fs from "node:fs";\n${GOOD}`, says: [/node:fs/], at: "infra.ts:2:" },
  { infra: `export const x = 1;\n`, says: [/group/i] },
  { args: ["plan", "--infra", "elsewhere.ts"], says: [/Cannot find the infra file ".*\/elsewhere\.ts"/] },
);

badTest("an infra file that wants what it may not have", {
  infra: `export const text = await Deno.readTextFile("/etc/hostname");\n${GOOD}`,
  says: [/Deno/],
  at: "infra.ts:2:",
}, {
  infra: `await fetch("http://127.0.0.1:PORT/");\n${GOOD}`,
  says: [/fetch|net/i],
  at: "infra.ts:2:",
});

badTest("an infra file that fills memory", {
  infra: `const all: number[][] = [];\nfor (;;) all.push(new Array(100000).fill(1.5));\n`,
  says: [/memory/],
  within: 30,
});

Deno.test("infra files and phases that never end are ended", async () => {
  await Promise.all([
    tell({ infra: `for (;;);\n`, says: [/did not end|took longer|within|time/i], within: 55 }),
    tell({ infra: phase(`() => { for (;;); }`), says: [/did not end|took longer|within|time/i], within: 55 }),
    tell({
      infra: phase(`() => new Promise(() => {})`),
      says: [/configure/, /never|did not end|took longer|within|time/i],
      within: 55,
    }),
  ]);
});

Deno.test("an infra file cannot read what is typed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pallet-bad-" });
  try {
    const reads = [
      `Deno.stdin.readSync(new Uint8Array(9))`,
      `prompt("password?")`,
      `globalThis.process.stdin.read()`,
    ];
    for (const read of reads) {
      await Deno.writeTextFile(join(folder, "infra.ts"), `${HEAD}console.log("got", ${read});\n${GOOD}`);
      const outcome = await pallet(["groups"], { cwd: folder });
      assertTold({ says: [/Deno|prompt|process|stdin/], at: "infra.ts:2:" }, outcome);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

badTest(
  "groups, phases, services and nodes that are not there, with what was meant",
  { args: ["plan", "wbe"], says: [/"wbe"/, /Did you mean "web"\?/] },
  { args: ["plan", "web", "--phase", "confgure"], says: [/phase "confgure"/, /Did you mean "configure"\?/] },
  { args: ["plan", "--service", "mime"], says: [/service "mime"/, /Did you mean "mine"\?/] },
  { args: ["lift", "--limit", "web-2"], says: [/No node is named "web-2"/, /web-1/] },
  { args: ["ssh", "wbe-1"], says: [/"wbe-1"/, /web-1/] },
  { args: ["exec", "true", "wbe"], says: [/"wbe"/, /Did you mean "web"\?/] },
  { args: ["explain", "wbe", "--os", "debian-12"], says: [/"wbe"/, /Did you mean "web"\?/] },
  { args: ["explain", "web", "--os", "debiam-12"], says: [/debiam/] },
);

badTest(
  "counts that make no sense",
  { args: ["converge", "wbe=2"], says: [/"wbe"/, /Did you mean "web"\?/] },
  {
    infra: `export const web = groupSpec("web", {});\n`,
    args: ["converge"],
    says: [/Group "web" has no count/, /web=1/],
    at: "infra.ts:2:",
  },
  {
    infra: `export const web = groupSpec("web", { count: -1 });\n`,
    says: [/count/, /-1/],
    at: "infra.ts:2:",
  },
  {
    infra: `export const web = groupSpec("web", { count: 1.5 });\n`,
    says: [/count/, /1\.5/],
    at: "infra.ts:2:",
  },
  {
    args: ["converge", "web=3"],
    says: [/Cannot create nodes of group "web": .*; 3 are wanted, there are 1/],
    status: 2,
  },
);

badTest("an operating system that an action does not know is an error of the plan", {
  files: { "pallet.yaml": YAML.replace("debian-12", "alpine-3.20") },
  infra: phase(`() => packages("curl")`),
  says: [/Cannot install packages on alpine 3\.20/],
  at: "infra.ts:3:",
}, {
  infra: phase(`() => packages("curl")`),
  args: ["explain", "web", "--os", "alpine-3.20"],
  says: [/alpine/],
});

badTest("groups that wait for each other", {
  infra:
    `export const a = groupSpec("a", { count: 0, after: ["b"] });\nexport const b = groupSpec("b", { count: 0, after: ["a"] });\n`,
  says: [/a.*b|b.*a/],
  at: "infra.ts:",
});

badTest(
  "hostile names are refused where no system could have them",
  {
    infra: `export const web = groupSpec("$(touch owned)", { count: 1 });\n`,
    says: [/touch owned/],
    at: "infra.ts:2:",
  },
  { infra: phase(`() => user("-rf")`), says: [/-rf/], at: "infra.ts:3:" },
  { infra: phase(`() => user("a b")`), says: [/a b/], at: "infra.ts:3:" },
  { infra: phase(`() => user("root:x:0")`), says: [/root:x:0/], at: "infra.ts:3:" },
  { infra: phase(`() => packages("--allow-downgrades")`), says: [/--allow-downgrades/], at: "infra.ts:3:" },
  { infra: phase(`() => packages("curl; touch /owned")`), says: [/touch \/owned/], at: "infra.ts:3:" },
  {
    infra: phase(`() => remoteFile("relative/path", { content: "" })`),
    says: [/relative\/path/],
    at: "infra.ts:3:",
  },
  { infra: phase(`() => remoteFile("/etc/nul\\0byte", { content: "" })`), says: [/nul/], at: "infra.ts:3:" },
  {
    files: { "pallet.yaml": YAML.replace("127.0.0.1", "-oProxyCommand=true") },
    says: [/-oProxyCommand/, /address/],
    at: "pallet.yaml:",
  },
);
