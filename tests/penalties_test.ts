// Servers that punish whoever fails to log in: OpenSSH since 9.8 keeps such machines out for a while (fault 10).
import assert from "node:assert/strict";
import { join } from "node:path";
import type { SshRoute } from "../engine/transport/connection.ts";
import { makeTransport, type TransportOptions } from "../engine/transport/mod.ts";
import { fails } from "../engine/transport/ssh_testing.ts";
import { options, runScript, script, until } from "../engine/transport/testing.ts";
import { makeNodes, onNode, openLab, whyNoLab } from "../providers/lab/test_support.ts";
import { makeKey } from "./support/sshd.ts";

const why = await whyNoLab();
if (why !== undefined) console.log(`Penalties of sshd are not tried: ${why}`);

/** A node with OpenSSH 9.8 or newer. */
interface Guard {
  /** Sets what a failed login costs. */
  punish(setting: string): Promise<void>;
  /** Logs in by a key that the node does not know. */
  fail(): Promise<void>;
  /** Waits until the node has noticed. */
  punished(): Promise<void>;
  /** Logs in, and runs something. */
  enter(changes?: Partial<TransportOptions>): Promise<{ readonly reconnects: number }>;
}

async function withGuard(body: (guard: Guard) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-penalties-" });
  const lab = await openLab(join(folder, "lab"));
  try {
    const [node] = await makeNodes(lab, { nodeSpec: { image: { osFamily: "debian", osVersion: "13" } } });
    assert.ok(node !== undefined);
    const found = await lab.route(node);
    assert.ok(found.kind === "ssh");
    const route: SshRoute = found;
    const stranger = await makeKey(join(folder, "stranger"), ["-t", "ed25519"]);
    const enter = async (identities: readonly string[], changes: Partial<TransportOptions> = {}) => {
      const transport = makeTransport({ stateDir: folder, agentSocket: "", sshConfig: "none", ...changes });
      try {
        const connection = await transport.connect({ ...route, identities }, options());
        assert.equal((await runScript(connection, script("echo in"))).output, "in\n");
        return connection.counts;
      } finally {
        await transport.close();
      }
    };
    await body({
      async punish(setting) {
        const line = `PerSourcePenalties ${setting}`;
        const file = "/etc/ssh/sshd_config.d/penalties.conf";
        const { status, output } = await onNode(
          lab,
          node,
          `echo '${line}' >${file} && sshd -T | grep -i '^persourcepenalties' && systemctl restart ssh`,
        );
        assert.equal(status, 0, output);
      },
      fail: async () => void await fails(enter([stranger]), /Cannot log in to .*: tried \S+stranger/),
      punished: () =>
        until("sshd keeps this machine out", async () => {
          using connection = await Deno.connect({ hostname: route.address, port: 22 });
          const opening = new Uint8Array(99);
          await connection.read(opening);
          return new TextDecoder().decode(opening).startsWith("Not allowed");
        }),
      enter: (changes) => enter(route.identities, changes),
    });
  } finally {
    const nodes = await lab.nodes();
    if (nodes.length > 0) await lab.destroy(nodes);
    await lab.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name:
    "fault 10: real penalties of sshd are not brought about by one refused login, are waited for, and are told",
  ignore: why !== undefined,
  fn: () =>
    withGuard(async ({ punish, fail, punished, enter }) => {
      // As it is unless told: one failure is below what is punished.
      await fail();
      assert.equal((await enter()).reconnects, 0);
      await punish("authfail:3s min:1s");
      await fail();
      await punished();
      assert.ok((await enter()).reconnects >= 1, "it was turned away, and let in a while later");
      await punish("authfail:60s min:1s");
      await fail();
      await punished();
      const error = await fails(
        enter({ pauses: { first: 0.02, longest: 0.05 } }),
        /: it lets nobody in just now \("Not allowed at this time"\), again and again$/,
      );
      assert.match(
        error.help ?? "",
        /keeps this machine out for a while after failed ones \(PerSourcePenalties\)/,
      );
    }),
});
