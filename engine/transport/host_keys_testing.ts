// What tests of host keys are made with: a real server that may have certificates, and logins that go in or are refused.
import assert from "node:assert/strict";
import { makeKey } from "../../tests/support/sshd.ts";
import type { SshRoute } from "./connection.ts";
import { fingerprint } from "./host_keys.ts";
import type { TransportOptions } from "./mod.ts";
import { HostKeyError } from "./problems.ts";
import { folder, logOf, serveTests, sshd, withTransport } from "./ssh_testing.ts";
import { runScript, script, until } from "./testing.ts";

export { folder, sshd, test } from "./ssh_testing.ts";

/** Who certifies hosts. */
export let authority: string;
/** A key that no server here has. */
export let strange: { readonly type: string; readonly key: string };

/** Has a server for the tests of a file. */
export function serveHostKeys(): void {
  serveTests(async () => {
    authority = await makeKey(`${folder}/authority`, ["-t", "ecdsa", "-b", "521"]);
    strange = await publicKey(await makeKey(`${folder}/strange`, ["-t", "ed25519"]));
    const certificates = ["ed25519", "ecdsa", "rsa"].map((type) => `/etc/ssh/host_${type}-cert.pub`);
    return {
      config: [
        "LogLevel DEBUG2",
        "RekeyLimit 100K",
        ...certificates.map((path) => `HostCertificate ${path}`),
      ],
    };
  });
}

/** The public half of a key. */
export async function publicKey(path: string): Promise<{ type: string; key: string }> {
  const [type = "", key = ""] = (await Deno.readTextFile(`${path}.pub`)).split(" ");
  return { type, key };
}

/** The server's key of a type. */
export function keyOf(type: string): { readonly type: string; readonly key: string; readonly print: string } {
  const line = sshd.hostKeys.find((one) => one.startsWith(type)) ?? "";
  const [name = "", key = ""] = line.split(" ");
  return { type: name, key, print: fingerprint(key) };
}

/** The name of the server in the user's files. */
export const address = (): string => `[127.0.0.1]:${sshd.port}`;

interface Files {
  readonly own?: string;
  readonly user?: string;
}

/** What came of a login: what our file holds afterwards, or why it was refused. */
export async function enter(
  files: Files,
  route: Partial<SshRoute> = {},
  changes: Partial<TransportOptions> = {},
): Promise<
  { readonly own: string; readonly refused?: HostKeyError; readonly log: string; readonly user: string }
> {
  let own = "";
  let user = "";
  const went = await logOf(() =>
    withTransport(async (connect, stateDir) => {
      [own, user] = [`${stateDir}/known_hosts`, `${stateDir}/user`];
      if (files.own !== undefined) await Deno.writeTextFile(own, files.own);
      await Deno.writeTextFile(user, files.user ?? "");
      const plain = changes.sshConfig === undefined ? { sshConfig: false } as const : {};
      const connection = await connect({ hostKeys: [], ...plain, ...route });
      // Enough for another key exchange, in which the server shows its key again.
      const { output } = await runScript(connection, script("head -c 400000 /dev/zero | tr '\\0' x"));
      assert.equal(output, "x".repeat(400_000));
    }, (stateDir) => ({ knownHosts: [`${stateDir}/user`], ...changes }))
  );
  const told = { own: await Deno.readTextFile(own).catch(() => ""), log: went.log, user };
  if (went.thrown === undefined) {
    assert.match(told.log, /userauth-request for user root/);
    assert.match(told.log, /rekey/i);
    return told;
  }
  assert.ok(went.thrown instanceof HostKeyError, String(went.thrown));
  return { ...told, refused: went.thrown };
}

type Entered = Awaited<ReturnType<typeof enter>>;

/** That a login was refused, and nothing of it had been sent. */
export function refusedBefore({ refused, log, own }: Entered, message: RegExp, before = ""): void {
  assert.ok(refused !== undefined, "it was let in");
  assert.match(refused.message, message);
  assert.ok((refused.help ?? "").length > 20);
  assert.doesNotMatch(log, /userauth-request|user root|publickey|service ssh-userauth/i);
  assert.match(log, /preauth|kex/);
  assert.equal(own, before);
}

/** Gives the server certificates for its keys. */
export async function certify(types: readonly string[], ...args: readonly string[]): Promise<void> {
  await sshd.exec("rm -f /etc/ssh/*-cert.pub");
  for (const type of types) {
    const path = `${folder}/host_${type}.pub`;
    const line = sshd.hostKeys.find((one) => one.includes(type)) ?? "";
    await Deno.writeTextFile(path, `${line}\n`);
    const command = ["-q", "-s", authority, "-I", `host ${type}`, "-h", ...args, path];
    const { success, stderr } = await new Deno.Command("ssh-keygen", { args: command }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const certificate = await Deno.readTextFile(path.replace(".pub", "-cert.pub"));
    await sshd.exec(`printf '%s' '${certificate.trim()}' >/etc/ssh/host_${type}-cert.pub`);
  }
  const since = (await sshd.log()).length;
  await sshd.exec(
    `for it in /proc/[0-9]*; do grep -qx "sshd" $it/comm && grep -q "listener\\|-D" $it/cmdline && kill -HUP \${it#/proc/}; done; true`,
  );
  await until("the server reads them", async () => /Server listening/.test((await sshd.log()).slice(since)));
}

export const NOW = ["-V", "-1m:+1h"];
