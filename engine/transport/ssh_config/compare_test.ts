// What we make of configurations, and what OpenSSH makes of them.
import assert from "node:assert/strict";
import { userInfo } from "node:os";
import fc from "fast-check";
import pLimit from "p-limit";
import { has } from "../../../tests/support/needs.ts";
import { PalletError } from "../../errors.ts";
import type { SshQuery } from "../ssh_settings.ts";
import { corpus } from "./corpus.ts";
import { newerCases } from "./corpus_newer.ts";
import type { Case } from "./corpus_case.ts";
import { generatedCase } from "./corpus_generated.ts";
import { localMachine } from "./local_machine.ts";
import { formatHop, resolve } from "./resolve.ts";
import { settingsOf } from "./settings.ts";

const HOSTS = ["web-1", "db.example.org", "10.0.0.5", "GATE", "fe80::1"];
/** Not that of the environment, which ssh does not look at. */
const HOME = userInfo().homedir;
const ENV = {
  PATH: "/usr/bin:/bin",
  FOO: "/foo",
  HOME_OF_TEST: HOME,
  SSH_AUTH_SOCK: "/run/agent",
  LANG: "C",
};
const machine = localMachine(HOME, ENV);

const missing = await has("ssh") ? undefined : "there is no ssh to compare with";
if (missing !== undefined) console.log(`The comparison with OpenSSH is ignored: ${missing}`);

/** Whether ssh is of version 10 or later. */
async function isNewer(): Promise<boolean> {
  const { stderr } = await new Deno.Command("ssh", { args: ["-V"], stdin: "null" }).output();
  return /OpenSSH_\d\d/.test(new TextDecoder().decode(stderr));
}

const newer = missing === undefined && await isNewer();

/** What is said of a host, by keyword; nothing when it is refused. */
type Answer = Readonly<Record<string, string>> | undefined;

async function write(folder: string, { config, files = {} }: Case): Promise<string> {
  const place = (text: string) => text.replaceAll("@DIR@", folder);
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, place(text), { mode: 0o600 });
  }
  const path = `${folder}/config`;
  await Deno.writeTextFile(path, place(config), { mode: 0o600 });
  return path;
}

const yes = (text = ""): string => ({ true: "yes", false: "no" })[text] ?? text;
const unique = (texts: readonly string[]): string => [...new Set(texts)].join("|");

async function theirs(path: string, query: SshQuery): Promise<Answer> {
  const options = [
    ...query.port === undefined ? [] : ["-p", String(query.port)],
    ...query.user === undefined ? [] : ["-l", query.user],
    ...query.jump === undefined ? [] : ["-J", query.jump.map(formatHop).join(",") || "none"],
  ];
  const { success, stdout } = await new Deno.Command("ssh", {
    args: ["-G", "-F", path, ...options, "--", query.host],
    clearEnv: true,
    env: ENV,
    stdin: "null",
    stderr: "null",
  }).output();
  if (!success) return undefined;
  const said = new Map<string, string[]>();
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    const space = line.indexOf(" ");
    const keyword = line.slice(0, space);
    said.set(keyword, [...said.get(keyword) ?? [], line.slice(space + 1)]);
  }
  const one = (keyword: string) => said.get(keyword)?.[0] ?? "";
  const agent = one("identityagent");
  const byName = agent.startsWith("$") ? agent.slice(1) : "SSH_AUTH_SOCK";
  const identities = said.get("identityfile") ?? [];
  return {
    hostname: one("hostname"),
    port: one("port"),
    user: one("user"),
    identityfile: identities.includes("~/.ssh/id_ed25519") ? "" : unique(identities),
    certificatefile: unique(said.get("certificatefile") ?? []),
    identitiesonly: one("identitiesonly"),
    identityagent: agent === "none"
      ? ""
      : agent === "" || agent === "SSH_AUTH_SOCK" || agent.startsWith("$")
      ? new Map(Object.entries(ENV)).get(byName) ?? ""
      : agent,
    proxyjump: one("proxyjump"),
    proxycommand: one("proxycommand"),
    userknownhostsfile: one("userknownhostsfile").replace(/^none$/, ""),
    globalknownhostsfile: one("globalknownhostsfile").replace(/^none$/, ""),
    stricthostkeychecking: yes(one("stricthostkeychecking")),
    hostkeyalias: one("hostkeyalias"),
    connecttimeout: one("connecttimeout").replace("none", ""),
    connectionattempts: one("connectionattempts"),
    serveraliveinterval: one("serveraliveinterval"),
    serveralivecountmax: one("serveralivecountmax"),
    addressfamily: one("addressfamily"),
    bindaddress: one("bindaddress"),
    bindinterface: one("bindinterface"),
    compression: one("compression"),
    requiredrsasize: one("requiredrsasize"),
    sendenv: unique(said.get("sendenv") ?? []),
    setenv: unique(said.get("setenv") ?? []),
    canonicaldomains: one("canonicaldomains"),
  };
}

/** A list of hops as `ssh -G` prints it. */
function asPrinted(text: string): string {
  const hops = text.replace(/#.*$/, "").trimEnd().split(",");
  const last = hops.pop() ?? "";
  const [, user, host = "", port] = /^(?:ssh:\/\/)?(?:(.*)@)?(?:\[([^\]]*)\]|[^:]*)(?::(\d+))?$/.exec(last) ??
    [];
  const name = host || last.replace(/^ssh:\/\//, "").replace(/^.*@/, "").replace(/:\d+$/, "");
  const shown = name.includes(":") || /^[0-9.]+$/.test(name) ? `[${name}]` : name;
  const before = user === undefined ? "" : `${decodeURIComponent(user)}@`;
  return [...hops, `${before}${shown}${port === undefined ? "" : `:${port}`}`].join(",");
}

async function ours(path: string, query: SshQuery): Promise<Answer> {
  try {
    const resolved = await resolve(query, [{ path, user: true, checked: false }], machine);
    const { options } = resolved;
    const settings = await settingsOf(query, resolved, machine);
    const all = (keyword: string) => options.all(keyword).map(({ text }) => text);
    const jump = options.has("proxycommand") ? "none" : options.get("proxyjump") ?? "none";
    const command = options.get("proxycommand") ?? "none";
    return {
      hostname: settings.hostName,
      port: String(settings.port),
      user: settings.user,
      identityfile: unique(all("identityfile")),
      certificatefile: unique(all("certificatefile")),
      identitiesonly: settings.identitiesOnly ? "yes" : "no",
      identityagent: settings.identityAgent ?? "",
      proxyjump: settings.proxyJump.length === 0 ? "" : asPrinted(jump),
      proxycommand: command.toLowerCase() === "none" ? "" : command,
      userknownhostsfile: settings.userKnownHostsFiles.join(" "),
      globalknownhostsfile: settings.globalKnownHostsFiles.join(" "),
      stricthostkeychecking: settings.strictHostKeyChecking,
      hostkeyalias: settings.hostKeyAlias ?? "",
      connecttimeout: options.get("connecttimeout") ?? "",
      connectionattempts: options.get("connectionattempts") ?? "1",
      serveraliveinterval: String(settings.serverAliveInterval),
      serveralivecountmax: String(settings.serverAliveCountMax),
      addressfamily: settings.addressFamily,
      bindaddress: settings.bindAddress ?? "",
      bindinterface: settings.bindInterface ?? "",
      compression: settings.compression ? "yes" : "no",
      requiredrsasize: String(settings.requiredRsaSize),
      sendenv: unique(all("sendenv")),
      setenv: unique(
        all("setenv").map((text) => text.split("=", 1)[0] ?? "").map((name) =>
          `${name}=${settings.environment[name]}`
        ),
      ),
      canonicaldomains: all("canonicaldomains").join(" ") || "none",
    };
  } catch (thrown) {
    if (thrown instanceof PalletError) return undefined;
    throw thrown;
  }
}

function different(actual: Answer, expected: Answer): string {
  if (actual === undefined || expected === undefined) {
    return actual === expected ? "" : `refused by ${actual === undefined ? "us" : "ssh"} alone`;
  }
  const keywords = Object.keys(expected).filter((keyword) => actual[keyword] !== expected[keyword]);
  return keywords.map((keyword) => `${keyword}: ${actual[keyword]}, ssh: ${expected[keyword]}`).join("; ");
}

const atOnce = pLimit(4);

/** Answers that were compared, and those of them that say that the configuration is wrong. */
interface Counts {
  readonly answers: number;
  readonly refused: number;
}

const NONE: Counts = { answers: 0, refused: 0 };

function sum(all: readonly Counts[]): Counts {
  return all.reduce((a, b) => ({ answers: a.answers + b.answers, refused: a.refused + b.refused }), NONE);
}

async function compare(one: Case, queries: readonly SshQuery[]): Promise<Counts> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-ssh-config-" });
  try {
    const path = await write(folder, one);
    return sum(
      await Promise.all(queries.map((query) =>
        atOnce(async () => {
          const [expected, actual] = await Promise.all([theirs(path, query), ours(path, query)]);
          assert.equal(different(actual, expected), "", `${JSON.stringify(query)} by ${JSON.stringify(one)}`);
          return { answers: 1, refused: expected === undefined ? 1 : 0 };
        })
      )),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const everyone: readonly SshQuery[] = [
  ...HOSTS.map((host) => ({ host })),
  { host: "web-1", user: "asked", port: 2299 },
  {
    host: "web-1",
    user: "asked",
    jump: [{ host: "asked-gate", port: 2200 }, { host: "second", user: "other" }],
  },
  { host: "db.example.org", jump: [] },
];

/** Older versions do not take a hop into `%C`, and have `ProxyJump none` decide against a `ProxyCommand`. */
function queriesFor({ config, files = {} }: Case, queries: readonly SshQuery[]): readonly SshQuery[] {
  const text = [config, ...Object.values(files)].join("\n");
  const command = /proxycommand/i.test(text);
  if (!newer && command && /proxyjump\W+none/i.test(text)) return [];
  return queries.filter(({ jump }) =>
    jump === undefined || !(text.includes("%C") || command && jump.length === 0)
  );
}

function tell(what: string, { answers, refused }: Counts): void {
  console.log(`${what}: ${answers} answers, ${refused} of them refusals, all alike`);
}

Deno.test({
  name: "ssh configurations by hand mean what they mean to ssh",
  ignore: missing !== undefined,
  async fn() {
    const failures: string[] = [];
    const cases = [...corpus, ...newer ? newerCases : []];
    const counts = await Promise.all(
      cases.map((one) =>
        compare(one, queriesFor(one, everyone)).catch((thrown) => {
          failures.push(String(thrown instanceof Error ? thrown.message : thrown));
          return NONE;
        })
      ),
    );
    assert.deepEqual(failures, []);
    tell(`${cases.length} configurations by hand x ${everyone.length} hosts`, sum(counts));
  },
});

Deno.test({
  name: "keys and certificates have the paths that ssh reads them from",
  ignore: missing !== undefined,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "pallet-ssh-config-" });
    try {
      const path = await write(folder, {
        config:
          "HostName real.%h\nUser u\nPort 2200\nIdentityFile %d/.ssh/%r@%h:%p-%n\nIdentityFile ${FOO}/k\n" +
          "IdentityFile ~root/x\nIdentityFile none\nIdentityFile rel%%\nCertificateFile %C-%L-%i-%u-%k-%l\n",
      });
      const { stderr } = await new Deno.Command("ssh", {
        args: ["-v", "-F", path, "-o", "ProxyCommand=true", "web", "true"],
        clearEnv: true,
        env: ENV,
        stdin: "null",
      }).output();
      const said = [
        ...new TextDecoder().decode(stderr).matchAll(/ (?:identity|certificate) file (.*) type -1/g),
      ];
      const resolved = await resolve({ host: "web" }, [{ path, user: true, checked: false }], machine);
      const { identityFiles, certificateFiles } = await settingsOf({ host: "web" }, resolved, machine);
      assert.deepEqual([...identityFiles, ...certificateFiles], said.map(([, file]) => file?.trimEnd()));
      assert.equal(identityFiles.length, 4);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "ssh configurations by chance mean what they mean to ssh",
  ignore: missing !== undefined,
  async fn() {
    const runs = Number(Deno.env.get("PALLET_SSH_CONFIGS") ?? 150);
    const counts: Counts[] = [];
    await fc.assert(
      fc.asyncProperty(generatedCase, async (one) => {
        counts.push(await compare(one, queriesFor(one, HOSTS.slice(0, 3).map((host) => ({ host })))));
      }),
      { numRuns: runs, endOnFailure: true },
    );
    tell(`${runs} configurations by chance x 3 hosts`, sum(counts));
  },
});
