// What users have as login shells and in their start-up files, on a real server.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type TestSshd, withSshd } from "../../tests/support/sshd.ts";
import { PalletError } from "../errors.ts";
import { Secret } from "../secrets/secret.ts";
import { makeTransport } from "./mod.ts";
import { test } from "./ssh_testing.ts";
import { options, runScript, script } from "./testing.ts";

const PASSWORD = "  p'w\"d$x\\ü!";

/** A login shell, a start-up file of its user, and what is said where it cannot work. */
interface Shell {
  readonly path: string;
  readonly file?: readonly [name: string, text: string];
  readonly says?: RegExp;
}

const ENDED = /its login shell ended without running what it was given/;
const WAITS = /its login shell did not run what it was given, and still waits for something/;
const bashrc = (text: string, says?: RegExp): Shell => ({
  path: "/bin/bash",
  file: [".bashrc", text],
  ...(says === undefined ? {} : { says }),
});

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: { path: "/bin/bash" },
  dash: { path: "/bin/dash" },
  fish: { path: "/usr/bin/fish" },
  zsh: { path: "/usr/bin/zsh" },
  ksh: { path: "/usr/bin/ksh93" },
  tcsh: { path: "/usr/bin/tcsh" },
  csh: { path: "/usr/bin/bsd-csh" },
  rbash: { path: "/bin/rbash", says: /its login shell is a restricted one/ },
  nologin: { path: "/usr/sbin/nologin", says: /ended without .*"This account is currently not available\."/ },
  false: { path: "/bin/false", says: ENDED },
  prints: bashrc("echo hello; echo loud >&2; printf 'no end: '; printf 'nor here: ' >&2"),
  reads: bashrc("read -r line", WAITS),
  starts: bashrc("exec fish", WAITS),
  ends: bashrc("exit 0", ENDED),
  strict: bashrc("set -eu; shopt -s nullglob; umask 000; alias bash=ls; read() { echo no; }; export -f read"),
  zshprints: { path: "/usr/bin/zsh", file: [".zshenv", "echo hello; umask 000"] },
  fishprints: { path: "/usr/bin/fish", file: [".config/fish/config.fish", "echo hello; set -x LANG de_DE"] },
  tcshprints: { path: "/usr/bin/tcsh", file: [".cshrc", "echo hello"] },
};

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Bash that makes each user twice: `n-` without a password for sudo, `p-` with one. */
function makeUsers(): string {
  const users = Object.entries(SHELLS).flatMap(([name, { path, file = ["none", ""] }]) =>
    ["n", "p"].map((kind) => `make ${kind}${name} ${path} ${file[0]} ${base64(file[1])}`)
  );
  return `
    id=3000
    make() {
      home=/home/$1
      echo "$1:x:$id:$id::$home:$2" >>/etc/passwd
      echo "$1:*:19000:0:99999:7:::" >>/etc/shadow
      mkdir -p "$home" "$(dirname "$home/$3")"
      base64 -d <<<"$4" >"$home/$3"
      chown -R "$id:$id" "$home"
      { printf '%s:' "$1"; base64 -d <<<${base64(PASSWORD)}; echo; } | chpasswd -c SHA512
      rule=ALL
      [[ $1 != n* ]] || rule='NOPASSWD: ALL'
      echo "$1 ALL=(ALL) $rule" >>/etc/sudoers.d/pallet
      id=$((id + 1))
    }
    ${users.join("\n")}
    localedef -i tr_TR -f UTF-8 tr_TR.UTF-8 || true
    printf 'echo from-env; exec sleep 100\\n' >/env.sh
  `;
}

async function runAs(sshd: TestSshd, user: string, body: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-shells-" });
  const transport = makeTransport({
    stateDir: folder,
    agentSocket: "",
    knownHosts: [],
    sshConfig: "none",
    becomePassword: () => Promise.resolve(new Secret(PASSWORD)),
  });
  try {
    const waits = SHELLS[user.slice(1)]?.says === WAITS;
    const connectTimeout = waits ? 3 : 20;
    const connection = await transport.connect(sshd.route({ user }), { ...options(), connectTimeout });
    const seen = await runScript(connection, script(body));
    assert.equal(seen.end, "ended");
    return seen.output;
  } finally {
    await transport.close();
    await Deno.remove(folder, { recursive: true });
  }
}

test(
  "fault 33: login shells, start-up files and environments of all kinds work, or are named",
  (t) =>
    withSshd({
      packages: ["zsh", "zsh-common", "csh", "ksh93u+m"],
      prepare: makeUsers(),
      config: ["SetEnv LANG=tr_TR.UTF-8 BASH_ENV=/env.sh ENV=/env.sh"],
    }, async (sshd) => {
      for (const [name, { says }] of Object.entries(SHELLS)) {
        const enter = async (kind: "n" | "p") => {
          const body = 'echo "$(id -un) $HOME $(umask) ${BASH_ENV-none} ${LANG%%.*}"';
          const running = runAs(sshd, `${kind}${name}`, body);
          if (says === undefined) return assert.equal(await running, "root /root 0022 none C\n");
          await assert.rejects(running, (error) => {
            assert.ok(error instanceof PalletError && (error.help ?? "") !== "");
            assert.match(error.message, says);
            return true;
          });
        };
        await t.step(
          `${name}, sudo with a password and without`,
          async () => void await Promise.all([enter("n"), enter("p")]),
        );
      }
      await t.step("root, whose bash would heed BASH_ENV", async () => {
        await sshd.exec("echo 'echo hello; printf x' >/root/.bashrc");
        assert.equal(await runAs(sshd, "root", "id -un"), "root\n");
      });
      await t.step("no mktemp, and nothing can be run or written in /tmp", async () => {
        await sshd.exec("rm -f /usr/bin/mktemp; mount -t tmpfs -o ro,noexec,size=64k none /tmp");
        assert.equal(await runAs(sshd, "pbash", "id -un"), "root\n");
        assert.equal(await runAs(sshd, "root", "id -un"), "root\n");
      });
      await t.step("a state directory that cannot be written to", async () => {
        await sshd.exec(
          "mount -t tmpfs -o size=64k none /var/lib/pallet && mount -o remount,ro /var/lib/pallet",
        );
        await assert.rejects(runAs(sshd, "pbash", "true"), /\/var\/lib\/pallet.*Read-only file system/);
      });
    }),
);
