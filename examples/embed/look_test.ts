import assert from "node:assert/strict";
import { whyNoThrowawayRoot } from "../../tests/support/throwaway.ts";

const why = await whyNoThrowawayRoot();
if (why !== undefined) console.log(`Ignored: ${why}`);

/** Gives a program folders of its own where Pallet keeps state on a node: this machine stays as it is. */
const APART = `
mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /run && exec "$@"
`;

Deno.test({
  name: "check 3: a program imports the library, calls lift, and gets a result",
  ignore: why !== undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const program = new URL("./look.ts", import.meta.url).pathname;
    try {
      const { code, stdout, stderr } = await new Deno.Command("unshare", {
        args: [
          "--mount",
          "--propagation",
          "private",
          "sh",
          "-c",
          APART,
          "sh",
          Deno.execPath(),
          "run",
          "-A",
          program,
          folder,
        ],
      }).output();
      const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
      assert.equal(code, 0, decode(stderr));
      assert.deepEqual(JSON.parse(decode(stdout)), { load: "ok" });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
