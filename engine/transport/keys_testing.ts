// What tests of keys are made with: a real server that takes certificates, keys and certificates, agents.
import assert from "node:assert/strict";
import { makeKey, type TestSshd } from "../../tests/support/sshd.ts";
import type { SshRoute } from "./connection.ts";
import type { TransportOptions } from "./mod.ts";
import { fails, folder, serveTests, sshd, withTransport } from "./ssh_testing.ts";
import { until } from "./testing.ts";
import { field, FieldReader } from "./wire.ts";

export { folder, sshd, test } from "./ssh_testing.ts";

/** The passphrase of keys that have one. */
export const PASSPHRASE = "correct horse";

/** Who certifies users of the server. */
export let authority: string;

/** Has a server for the tests of a file that takes certificates of {@linkcode authority}. */
export function serveKeys(): void {
  serveTests(async () => {
    authority = await makeKey(`${folder}/authority`, ["-t", "ecdsa"]);
    const line = (await Deno.readTextFile(`${authority}.pub`)).trim();
    return {
      config: ["TrustedUserCAKeys /etc/ssh/authority.pub", "LogLevel DEBUG1"],
      prepare: `echo '${line}' >/etc/ssh/authority.pub`,
    };
  });
}

/** Logs in, and out. */
export async function enter(
  route: Partial<SshRoute>,
  changes: Partial<TransportOptions> = {},
  server: TestSshd = sshd,
): Promise<void> {
  await enterAll([route], changes, server);
}

/** Logs in to several nodes in one run. */
export async function enterAll(
  routes: readonly Partial<SshRoute>[],
  changes: Partial<TransportOptions> = {},
  server: TestSshd = sshd,
): Promise<void> {
  await withTransport(
    async (connect) => {
      await Promise.all(routes.map((route) => connect({ sshConfig: false, ...route })));
    },
    changes,
    server,
  );
}

/** The message of a login that fails. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  return (await fails(attempt)).message;
}

/** A route of which ssh's configuration says the rest. */
export const configured = { identities: [], sshConfig: undefined } as unknown as Partial<SshRoute>;

/** A key that may log in. */
export async function trusted(name: string, args: readonly string[]): Promise<string> {
  const path = await makeKey(`${folder}/${name}`, args);
  await trust(await Deno.readTextFile(`${path}.pub`));
  return path;
}

export async function trust(line: string): Promise<void> {
  await sshd.exec(`cat >>/etc/ssh/authorized_keys <<'END'\n${line.trim()}\nEND`);
}

export async function keygen(...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ssh-keygen", { args: ["-q", ...args] }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Certifies a key for root; gives the certificate's path. */
export async function certify(path: string, ...args: readonly string[]): Promise<string> {
  const usual = ["-s", authority, "-I", "test", "-n", "root"];
  await keygen(...usual, ...args.length === 0 ? ["-V", "+1h"] : args, `${path}.pub`);
  return `${path}-cert.pub`;
}

export interface TestAgent {
  readonly socket: string;
  run(...args: readonly string[]): Promise<string>;
}

/** A real agent, with keys. */
export async function withAgent(
  keys: readonly string[],
  body: (agent: TestAgent) => Promise<void>,
): Promise<void> {
  const socket = `${folder}/agent-${crypto.randomUUID()}`;
  const process = new Deno.Command("ssh-agent", {
    args: ["-D", "-a", socket],
    stdout: "null",
    stderr: "null",
  })
    .spawn();
  const run = async (...args: readonly string[]) => {
    const env = { SSH_AUTH_SOCK: socket };
    const { success, stdout, stderr } = await new Deno.Command("ssh-add", { args: [...args], env }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  try {
    // Its socket is there before it listens.
    const knock = async () => (await Deno.connect({ transport: "unix", path: socket })).close();
    await until("the agent answers", async () => await knock().then(() => true, () => false));
    if (keys.length > 0) await run("-q", ...keys);
    await body({ socket, run });
  } finally {
    process.kill();
    await process.status;
  }
}

/** Answers an agent's questions by a function; nothing: it never answers. */
export async function withFakeAgent(
  answer: (request: FieldReader) => Uint8Array | undefined,
  body: (socket: string) => Promise<void>,
): Promise<void> {
  const socket = `${folder}/agent-${crypto.randomUUID()}`;
  const listener = Deno.listen({ transport: "unix", path: socket });
  const open = new Set<Deno.Conn>();
  const serving = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      void (async () => {
        const bytes = new Uint8Array(64 * 1024);
        const count = await connection.read(bytes);
        const reply = answer(new FieldReader(bytes.slice(4, count ?? 4)));
        if (reply !== undefined) await connection.write(field(reply));
      })().catch(() => {});
    }
  })();
  try {
    await body(socket);
  } finally {
    listener.close();
    for (const connection of open) {
      try {
        connection.close();
      } catch {
        // It has ended by itself.
      }
    }
    await serving;
  }
}
