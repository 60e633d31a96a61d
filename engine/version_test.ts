import assert from "node:assert/strict";
import { version } from "./version.ts";

Deno.test("version is that of deno.json", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  assert.equal(version, config.version);
});
