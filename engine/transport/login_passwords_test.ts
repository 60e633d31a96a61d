// First logins by password, on real servers with PAM.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type TestSshd, withSshd } from "../../tests/support/sshd.ts";
import { Secret } from "../secrets/secret.ts";
import type { SshRoute } from "./connection.ts";
import { makeTransport } from "./mod.ts";
import { logOf, test } from "./ssh_testing.ts";
import { options, runScript, script } from "./testing.ts";

const PASSWORD = `Canary4471 ' " $HOME \\ ! % wörd`;
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Users with this password: one whom sudo asks for it, one whom it does not. Nobody waits after a wrong one. */
const PREPARE = `
  sed -i 's/pam_unix.so/& nodelay/' /etc/pam.d/common-auth
  id=3000
  for user in first free; do
    echo "$user:x:$id:$id::/home/$user:/bin/bash" >>/etc/passwd
    echo "$user:*:19000:0:99999:7:::" >>/etc/shadow
    mkdir -p "/home/$user"
    chown "$id:$id" "/home/$user"
    printf '%s:%s\\n' "$user" "$(base64 -d <<<${base64(PASSWORD)})" | chpasswd -c SHA512
    id=$((id + 1))
  done
  printf '%s\\n' 'first ALL=(ALL) ALL' 'free ALL=(ALL) NOPASSWD: ALL' >>/etc/sudoers.d/pallet
`;

/** Sshd takes the first line of a setting: these stand before the usual ones. */
const WAYS = {
  password: ["UsePAM yes", "PasswordAuthentication yes"],
  "keyboard-interactive": ["UsePAM yes", "KbdInteractiveAuthentication yes"],
  both: ["UsePAM yes", "PasswordAuthentication yes", "KbdInteractiveAuthentication yes"],
} as const;

interface Tried {
  /** What a script printed, or the error, by node. */
  readonly went: readonly string[];
  readonly read: readonly string[];
}

/** Logs in to several nodes in one run, as users whose password is at a place, and becomes root there. */
async function tryAll(
  sshd: TestSshd,
  routes: readonly Partial<SshRoute>[],
  password: string,
): Promise<Tried> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-login-" });
  const read: string[] = [];
  const transport = makeTransport({
    stateDir: folder,
    agentSocket: "",
    knownHosts: [],
    loginPassword: (place, user) => {
      read.push(`${user} ${JSON.stringify(place)}`);
      return Promise.resolve(new Secret(password));
    },
  });
  try {
    const went = await Promise.all(routes.map(async (route) => {
      const whole: SshRoute = {
        ...sshd.route(),
        identities: [],
        sshConfig: false,
        password: { secret: "image/first" },
        ...route,
      };
      try {
        const run = { run: whole.hostKeyAlias, leaseWait: 20 };
        const connection = await transport.connect(whole, options(run));
        const seen = await runScript(connection, script('id -un; printf "%s" "$HOME"'));
        await connection.close();
        return seen.output;
      } catch (thrown) {
        return `${thrown} ${thrown instanceof Error && "help" in thrown ? thrown.help : ""}`;
      }
    }));
    return { went, read };
  } finally {
    await transport.close();
    await Deno.remove(folder, { recursive: true });
  }
}

test("check 78: a machine without any key of ours is logged in to by password, which its sudo gets as well", async () => {
  for (const [way, config] of Object.entries(WAYS)) {
    await withSshd({ config, prepare: PREPARE }, async (sshd) => {
      const routes = ["first", "free", "first"].map((user, at) => ({ user, hostKeyAlias: `web-${at}` }));
      const { went } = await tryAll(sshd, routes, PASSWORD);
      assert.deepEqual(went, ["root\n/root", "root\n/root", "root\n/root"], way);
      const log = await sshd.log();
      assert.equal(log.match(/Accepted (?:password|keyboard-interactive\/pam) for/g)?.length, 3, way);
      assert.doesNotMatch(log, /Failed|Canary4471/);
      if (way !== "keyboard-interactive") assert.match(log, /Accepted password/);
    });
  }
});

test("fault 23: a wrong password of a first user is tried once in the whole run, and the others hear of it", async () => {
  for (const [way, config] of Object.entries(WAYS)) {
    await withSshd({ config, prepare: PREPARE }, async (sshd) => {
      const names = ["web-1", "web-2", "web-3", "web-4", "web-5"];
      let went: readonly string[] = [];
      const { log } = await logOf(async () => {
        const routes = names.map((hostKeyAlias) => ({ user: "first", hostKeyAlias }));
        went = (await tryAll(sshd, routes, "Canary4471 wrong")).went;
      }, sshd);
      const first = went.filter((text) => /as "first": its password was refused(?! by)/.test(text));
      const others = went.filter((text) =>
        /its password was refused by web-\d .*, and is not tried again/.test(text)
      );
      assert.deepEqual([first.length, others.length], [1, 4], `${way}: ${went.join("\n")}`);
      assert.ok(went.every((text) => text.includes("so that no account is locked")));
      assert.ok(went.every((text) => !text.includes("Canary4471")));
      const tries = log.match(/Failed (?:password|keyboard-interactive\/pam) for/g);
      assert.equal(tries?.length, 1, `${way}: ${log}`);
    });
  }
});

test("a password is neither read nor sent where a key opens the door, or the server takes none", async () => {
  await withSshd({ config: WAYS.password, prepare: PREPARE }, async (sshd) => {
    const { went, read } = await tryAll(sshd, [{ user: "free", identities: [sshd.identity] }], "unread");
    assert.deepEqual([went, read], [["root\n/root"], []]);
    assert.match(await sshd.log(), /Accepted publickey for free/);
  });
  await withSshd({ prepare: PREPARE }, async (sshd) => {
    const { went, read } = await tryAll(sshd, [{ user: "free" }], "unread");
    assert.match(went.join(), /Cannot log in to .* as "free": it takes no password/);
    assert.deepEqual(read, []);
  });
});

test("a server that wants a key and a password gets both", async () => {
  const config = [...WAYS.password, "AuthenticationMethods publickey,password"];
  await withSshd({ config, prepare: PREPARE }, async (sshd) => {
    const { went } = await tryAll(sshd, [{ user: "free", identities: [sshd.identity] }], PASSWORD);
    assert.deepEqual(went, ["root\n/root"]);
  });
});

test("check 78: a password that has expired is told as that, by whichever way one logs in", async () => {
  for (const [way, config] of Object.entries(WAYS)) {
    await withSshd({ config, prepare: `${PREPARE}\nchage -d 0 first` }, async (sshd) => {
      const { went: [byPassword = "", byKey = ""] } = await tryAll(
        sshd,
        [{ user: "first", hostKeyAlias: "web-1" }, { user: "first", identities: [sshd.identity] }],
        PASSWORD,
      );
      const inside = /Cannot work on node-1 .*: the password of its user has expired, and nothing runs there/;
      const message = way === "keyboard-interactive"
        ? /Cannot log in to web-1 .* as "first": its password has expired, and must be changed/
        : new RegExp(inside.source.replace("node-1", "web-1"));
      assert.match(byPassword, message);
      assert.match(byKey, inside);
      for (const told of [byPassword, byKey]) assert.match(told, /Log in there by ssh once to set a new one/);
    });
  }
});
