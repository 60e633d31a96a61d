import assert from "node:assert/strict";
import { look } from "./look.ts";

Deno.test({
  name: "check 3: a program imports the library, calls lift, and gets a result",
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      assert.deepEqual(await look({ state: `${folder}/state`, cache: `${folder}/cache` }), {
        load: "ok",
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
