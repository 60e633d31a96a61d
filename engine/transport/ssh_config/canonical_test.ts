// Short names against ssh's own, with a resolver that stands for the network's.
import assert from "node:assert/strict";
import { has, isRoot } from "../../../tests/support/needs.ts";

const HOSTS = [
  "web",
  "DB",
  "twice",
  "nope",
  "app.dev",
  "full.example.net",
  "web.example.org.",
  "plain",
  "a.b.c",
  "10.1",
];
const SECTIONS =
  "Match canonical host *.example.org\n  User ops\nHost db-3.internal\n  User dba\nMatch final\n  User last\n";
const DOMAINS = "CanonicalDomains nowhere.org example.org\n";
const CNAMES = "CanonicalizePermittedCNAMEs *.example.org,plain:*.internal,*.example.org\n";

const CONFIGS = [
  "",
  "CanonicalizeHostname no\n",
  "CanonicalizeHostname yes\n",
  `CanonicalizeHostname yes\n${DOMAINS}`,
  `CanonicalizeHostname always\n${DOMAINS}`,
  `CanonicalizeHostname yes\n${DOMAINS}${CNAMES}`,
  `CanonicalizeHostname no\n${DOMAINS}${CNAMES}`,
  `CanonicalizeHostname yes\nCanonicalizePermittedCNAMEs none\n${DOMAINS}`,
  `CanonicalizeHostname yes\nCanonicalizePermittedCNAMEs *\n${DOMAINS}`,
  `CanonicalizeHostname yes\nCanonicalizeMaxDots 0\n${DOMAINS}${CNAMES}`,
  `CanonicalizeHostname yes\nCanonicalizeMaxDots 5\n${DOMAINS}`,
  `CanonicalizeHostname yes\nCanonicalizeFallbackLocal no\n${DOMAINS}`,
  `CanonicalizeHostname yes\nProxyJump gate\n${DOMAINS}${CNAMES}`,
  `CanonicalizeHostname always\nProxyJump gate\n${DOMAINS}${CNAMES}`,
  `CanonicalizeHostname yes\nProxyCommand nc %h %p\n${DOMAINS}`,
  `CanonicalizeHostname yes\nProxyCommand none\n${DOMAINS}`,
  `CanonicalizeHostname yes\nHostName web\n${DOMAINS}${CNAMES}`,
  `CanonicalizeHostname yes\nCanonicalDomains none\n`,
  `CanonicalizeHostname yes\nAddressFamily inet6\n${DOMAINS}`,
];

/** Why there can be no network of one's own here. */
async function lacking(): Promise<string | undefined> {
  if (!isRoot()) return "a network of its own needs root on Linux";
  for (const program of ["unshare", "ip", "ssh"]) if (!await has(program)) return `there is no ${program}`;
  return undefined;
}

const missing = await lacking();
if (missing !== undefined) console.log(`The comparison of canonical names is ignored: ${missing}`);

const INSIDE = `set -e
ip link set lo up
printf 'nameserver 127.0.0.1\\noptions timeout:1 attempts:1\\n' >"$1"
mount --bind "$1" /etc/resolv.conf
shift
exec "$@"`;

Deno.test({
  name: "short names become what they become to ssh",
  ignore: missing !== undefined,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "pallet-names-" });
    try {
      await Deno.mkdir(`${folder}/configs`);
      const variants = CONFIGS.flatMap((config) => [config, config + SECTIONS]);
      for (const [index, config] of variants.entries()) {
        await Deno.writeTextFile(`${folder}/configs/${index}`, config, { mode: 0o600 });
      }
      const program = new URL("./canonical_inside.ts", import.meta.url).pathname;
      const inside = [
        Deno.execPath(),
        "run",
        "-A",
        "--no-check",
        "--cached-only",
        program,
        `${folder}/configs`,
      ];
      const { success, stdout, stderr } = await new Deno.Command("unshare", {
        args: [
          "--net",
          "--mount",
          "bash",
          "-c",
          INSIDE,
          "inside",
          `${folder}/resolv.conf`,
          ...inside,
          ...HOSTS,
        ],
        stdin: "null",
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const rows: readonly { ours: string; theirs: string }[] = JSON.parse(new TextDecoder().decode(stdout));
      assert.equal(rows.length, variants.length * HOSTS.length);
      assert.deepEqual(rows.filter(({ ours, theirs }) => ours !== theirs), []);
      // The resolver was really asked.
      assert.ok(rows.some(({ ours }) => ours === "dba@db-3.internal"));
      console.log(
        `${variants.length} configurations with a resolver x ${HOSTS.length} hosts: ${rows.length} answers, all alike`,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
