// Becoming root on real servers, by sudo, su and doas with PAM.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type TestSshd, withSshd } from "../../tests/support/sshd.ts";
import { PalletError } from "../errors.ts";
import { Secret } from "../secrets/secret.ts";
import type { BecomeMethod } from "./become.ts";
import { makeTransport, type TransportOptions } from "./mod.ts";
import { test } from "./ssh_testing.ts";
import { options, runScript, script, until } from "./testing.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A user of the node: rules of sudo, and how it becomes root. */
interface TestUser {
  readonly sudoers?: readonly string[];
  readonly become?: BecomeMethod;
}

/** Bash that makes users with one password, which root has too. */
function makeUsers(users: Readonly<Record<string, TestUser>>, password: string): string {
  const lines = Object.values(users).flatMap(({ sudoers = [] }) => sudoers);
  return `
    password=$(base64 -d <<<${base64(password)}; echo .)
    password=\${password%.}
    printf 'root:%s\\n' "$password" | chpasswd -c SHA512
    id=3000
    for user in ${Object.keys(users).join(" ")}; do
      echo "$user:x:$id:$id::/home/$user:/bin/bash" >>/etc/passwd
      echo "$user:*:19000:0:99999:7:::" >>/etc/shadow
      mkdir -p "/home/$user"
      chown "$id:$id" "/home/$user"
      printf '%s:%s\\n' "$user" "$password" | chpasswd -c SHA512
      id=$((id + 1))
    done
    base64 -d <<<${base64(lines.map((line) => `${line}\n`).join(""))} >>/etc/sudoers.d/pallet
    # Counts how often a password is tried, and says by what.
    sed -i 's/success=1/success=2/; s/pam_unix.so/& nodelay/' /etc/pam.d/common-auth
    sed -i '1i auth required pam_faillock.so preauth silent deny=100' /etc/pam.d/common-auth
    sed -i '/^auth.*pam_deny/i auth [default=ignore] pam_faillock.so authfail deny=100' /etc/pam.d/common-auth
  `;
}

/** How one connection went. */
interface Went {
  readonly output?: string;
  readonly error?: PalletError;
}

function transportWith(
  folder: string,
  password: string | undefined,
  changes: Partial<TransportOptions> = {},
) {
  return makeTransport({
    stateDir: folder,
    agentSocket: "",
    knownHosts: [],
    sshConfig: "none",
    ...(password === undefined ? {} : { becomePassword: () => Promise.resolve(new Secret(password)) }),
    ...changes,
  });
}

async function tryAs(
  sshd: TestSshd,
  user: string,
  password: string | undefined,
  become: BecomeMethod = "auto",
  body = 'printf "%s %s" "$(id -un)" "$HOME"',
): Promise<Went> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-become-" });
  const transport = transportWith(folder, password);
  try {
    const connection = await transport.connect({ ...sshd.route({ user }), become }, options());
    const seen = await runScript(connection, script(body));
    assert.equal(seen.end, "ended");
    return { output: seen.output };
  } catch (thrown) {
    if (!(thrown instanceof PalletError)) throw thrown;
    return { error: thrown };
  } finally {
    await transport.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** How often the password of a user was refused, as PAM counted it. */
async function refusals(sshd: TestSshd, user: string): Promise<number> {
  const asking = "pgrep -x 'sudo|su|doas' || true";
  await until("nobody is asked any more", async () => await sshd.exec(asking) === "");
  return (await sshd.exec(`faillock --user ${user}`)).split("\n").filter((line) => /^\d/.test(line)).length;
}

const ALL = (user: string, ...defaults: string[]): TestUser => ({
  sudoers: [`${user} ALL=(ALL) ALL`, ...defaults.map((one) => `Defaults:${user} ${one}`)],
});
const AWKWARD = `  p'w"d$x\\n!%ü€ \\`;

/** Put together, so that no copy of this file holds it. */
const CANARY = ["Can", "ary", 7319].join("");

/** Users who become root with the password, by what is particular to their sudo. */
const WORKING: Readonly<Record<string, TestUser>> = {
  plain: ALL("plain"),
  tty: ALL("tty", "requiretty"),
  ttypty: ALL("ttypty", "requiretty", "use_pty"),
  lecture: ALL("lecture", "lecture=always"),
  german: ALL("german", 'passprompt="Passwort bitte: "', "passprompt_override"),
  rootpw: ALL("rootpw", "rootpw"),
  targetpw: ALL("targetpw", "targetpw"),
  zero: ALL("zero", "timestamp_timeout=0"),
  usepty: ALL("usepty", "use_pty"),
  logged: ALL("logged", "log_input", "log_output"),
  once: ALL("once", "passwd_tries=1"),
  suer: { become: "su" },
  doer: { become: "doas" },
};
/** Users whom nobody asks. */
const FREE: Readonly<Record<string, TestUser>> = {
  nopasswd: { sudoers: ["nopasswd ALL=(ALL) NOPASSWD: ALL"] },
  noauth: ALL("noauth", "!authenticate"),
  ttyfree: { sudoers: ["ttyfree ALL=(ALL) NOPASSWD: ALL", "Defaults:ttyfree requiretty"] },
  dofree: { become: "doas" },
};
/** Users who do not become root though the password is right, and what is said. */
const REFUSED: Readonly<Record<string, TestUser & { readonly says: RegExp }>> = {
  stranger: { says: /its sudo does not let "stranger" run bash as root/ },
  limited: {
    sudoers: ["limited ALL=(ALL) /bin/ls"],
    says: /its sudo does not let "limited" run bash as root$/,
  },
  expired: { ...ALL("expired"), says: /the password of "expired" has expired there/ },
  dostranger: { become: "doas", says: /its doas does not let "dostranger" run bash as root/ },
};

const DOAS = `
  printf 'permit doer\\npermit nopass dofree\\n' >/etc/doas.conf
  chmod 600 /etc/doas.conf
  chage -d 0 expired
`;

test("fault 24, fault 25, check 79: sudo, su and doas with a password of any characters", (t) =>
  withSshd({
    packages: ["opendoas"],
    prepare: makeUsers({ ...WORKING, ...FREE, ...REFUSED }, AWKWARD) + DOAS,
    config: ["SetEnv LANG=de_DE.UTF-8 LANGUAGE=de"],
  }, async (sshd) => {
    for (const [user, { become }] of Object.entries(WORKING)) {
      await t.step(`${user} becomes root`, async () => {
        assert.deepEqual(await tryAs(sshd, user, AWKWARD, become), { output: "root /root" });
      });
    }
    for (const [user, { become }] of Object.entries(FREE)) {
      await t.step(`${user} becomes root, and no password is asked for`, async () => {
        assert.deepEqual(await tryAs(sshd, user, undefined, become), { output: "root /root" });
      });
    }
    for (const [user, { become, says }] of Object.entries(REFUSED)) {
      await t.step(`${user} does not, and it is said why`, async () => {
        assert.match((await tryAs(sshd, user, AWKWARD, become)).error?.message ?? "", says);
      });
    }
    await t.step("a password that none is known of, or that cannot be one, has its message", async () => {
      const none = (await tryAs(sshd, "plain", undefined)).error;
      assert.match(none?.message ?? "", /it wants a password of "plain", and none is known/);
      assert.match(none?.help ?? "", /--ask-become-password/);
      for (const bad of ["two\nlines", "x".repeat(256), "zero\0"]) {
        assert.match(
          (await tryAs(sshd, "plain", bad)).error?.message ?? "",
          /password of "plain" (?:has|is)/,
        );
      }
      assert.equal(await refusals(sshd, "plain"), 0);
    });
    await t.step("none: everything runs as the user, and keeps its state in the user's home", async () => {
      const { output } = await tryAs(sshd, "stranger", undefined, "none", 'printf "%s %s" "$(id -un)" "$2"');
      assert.equal(output, "stranger /home/stranger/.local/state/pallet/node");
      assert.equal(
        (await tryAs(sshd, "root", undefined, "none", 'printf %s "$2"')).output,
        "/var/lib/pallet",
      );
    });
    await t.step("what is missing is named", async () => {
      await sshd.exec("mv /usr/bin/sudo /usr/bin/no-sudo; mv /usr/bin/doas /usr/bin/no-doas");
      assert.match((await tryAs(sshd, "plain", AWKWARD)).error?.message ?? "", /it has no sudo/);
      assert.match((await tryAs(sshd, "doer", AWKWARD, "doas")).error?.message ?? "", /it has no doas/);
      await sshd.exec("mv /usr/bin/no-sudo /usr/bin/sudo; mv /usr/bin/script /usr/bin/no-script");
      assert.match(
        (await tryAs(sshd, "tty", AWKWARD)).error?.message ?? "",
        /its sudo wants a terminal, and it has no script command/,
      );
    });
  }));

test("a password of 200 letters becomes root, and one of a single blank", async (t) => {
  for (const password of ["Aä9".repeat(50) + "end", " "]) {
    await t.step(
      `${password.length} characters`,
      () =>
        withSshd({ prepare: makeUsers({ plain: ALL("plain"), suer: {} }, password) }, async (sshd) => {
          assert.deepEqual(await tryAs(sshd, "plain", password), { output: "root /root" });
          assert.deepEqual(await tryAs(sshd, "suer", password, "su"), { output: "root /root" });
        }),
    );
  }
});

test("fault 23: a wrong password is tried once in the whole run, and the others hear of it", () =>
  withSshd({ prepare: makeUsers({ plain: ALL("plain"), other: ALL("other") }, "right") }, async (sshd) => {
    const folder = await Deno.makeTempDir({ prefix: "pallet-become-" });
    const transport = transportWith(folder, "wrong");
    try {
      const nodes = ["web-1", "web-2", "web-3", "web-4", "web-5", "web-6"];
      const went = await Promise.allSettled(
        nodes.map((hostKeyAlias) =>
          transport.connect(sshd.route({ user: "plain", hostKeyAlias }), options())
        ),
      );
      const messages = went.map((one) => one.status === "rejected" ? String(one.reason) : "connected");
      const first = messages.filter((message) => /the password of "plain" was refused$/.test(message));
      const others = messages.filter((message) =>
        /was refused by web-\d .*, and is not tried again$/.test(message)
      );
      assert.deepEqual([first.length, others.length], [1, 5], messages.join("\n"));
      // PAM counts the prompt that sudo repeats, and nobody answers, as well.
      const counted = await refusals(sshd, "plain");
      assert.ok(counted === 1 || counted === 2, `${counted}`);
      // Nor later, nor on the same node again.
      await assert.rejects(transport.connect(sshd.route({ user: "plain" }), options()), /not tried again/);
      assert.equal(await refusals(sshd, "plain"), counted);
      // Another user's password is another.
      await assert.rejects(
        transport.connect(sshd.route({ user: "other" }), options()),
        /"other" was refused$/,
      );
    } finally {
      await transport.close();
      await Deno.remove(folder, { recursive: true });
    }
  }));

test("a password is asked for once, and the time that takes is not counted", () =>
  withSshd({ prepare: makeUsers({ plain: ALL("plain") }, "right") }, async (sshd) => {
    const folder = await Deno.makeTempDir({ prefix: "pallet-become-" });
    const asked: string[] = [];
    const transport = transportWith(folder, undefined, {
      ask: async ({ text }) => {
        asked.push(text);
        await new Promise((resolve) => setTimeout(resolve, 3000));
        return "right";
      },
    });
    try {
      const connections = await Promise.all(
        ["web-1", "web-2", "web-3", "web-4"].map((hostKeyAlias) =>
          transport.connect(sshd.route({ user: "plain", hostKeyAlias }), {
            ...options({ run: hostKeyAlias }),
            connectTimeout: 2,
            leaseWait: 20,
          }).then((connection) => connection.close())
        ),
      );
      assert.equal(connections.length, 4);
      assert.deepEqual(asked, ["Password with which plain becomes root: "]);
    } finally {
      await transport.close();
      await Deno.remove(folder, { recursive: true });
    }
  }));

test("fault 24, fault 27, check 79: the password is nowhere on the node, not even while it is used", () =>
  withSshd({
    packages: ["opendoas"],
    prepare: makeUsers(
      {
        plain: ALL("plain"),
        logged: WORKING["logged"] ?? {},
        tty: ALL("tty", "requiretty"),
        doer: {},
        suer: {},
      },
      CANARY,
    ) + DOAS.replace("chage -d 0 expired", ""),
  }, async (sshd) => {
    // Bash of the search spells the canary in two parts, so that it does not find itself.
    const search = `
      word=Canary; word=$word"7319"
      for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do
        tr '\\0' '\\n' <"$file" 2>/dev/null | grep -a "$word" && echo "in $file"
      done
      find /etc /home /opt /srv /var /run /dev/shm -xdev -newer /etc/stamp -type f -print0 | xargs -0 grep -laF "$word"
      find /tmp /root -xdev -maxdepth 2 -newer /etc/stamp -type f -print0 | xargs -0 grep -laF "$word"
      true`;
    await sshd.exec("touch /etc/stamp");
    const folder = await Deno.makeTempDir({ prefix: "pallet-become-" });
    const transport = transportWith(folder, CANARY);
    try {
      const ways: readonly [string, BecomeMethod][] = [
        ["plain", "auto"],
        ["logged", "auto"],
        ["tty", "auto"],
        ["suer", "su"],
        ["doer", "doas"],
      ];
      for (const [user, become] of ways) {
        const connection = await transport.connect({ ...sshd.route({ user }), become }, options());
        const running = runScript(connection, script("sleep 0.5"));
        assert.equal(await sshd.exec(search), "", `${user}, while it runs`);
        await running;
        await connection.close();
      }
      // The search finds what is there.
      await sshd.exec(`word=Canary; echo "$word"7319 >/var/tmp/found`);
      assert.equal(await sshd.exec(search), "/var/tmp/found\n");
      await sshd.exec("rm /var/tmp/found");
      assert.equal(await sshd.exec(search), "", "afterwards");
    } finally {
      await transport.close();
      await Deno.remove(folder, { recursive: true });
    }
  }));

test("check 80: a root login calls no sudo, and neither does a user who is to become nobody", () =>
  withSshd({
    prepare:
      "mv /usr/bin/sudo /usr/bin/sudo.real; printf '#!/bin/sh\\ntouch /tmp/sudo-called\\n' >/usr/bin/sudo; " +
      "echo 'echo you are not in the sudoers file >&2; exit 1' >>/usr/bin/sudo; " +
      "chmod 755 /usr/bin/sudo",
  }, async (sshd) => {
    assert.deepEqual(await tryAs(sshd, "root", undefined), { output: "root /root" });
    assert.deepEqual(await tryAs(sshd, "dash", undefined, "none"), { output: "dash /home/dash" });
    assert.equal(await sshd.exec("ls /tmp/sudo-called 2>/dev/null; true"), "");
    await tryAs(sshd, "dash", undefined);
    assert.equal(await sshd.exec("ls /tmp/sudo-called"), "/tmp/sudo-called\n");
  }));
