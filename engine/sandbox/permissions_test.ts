import assert from "node:assert/strict";

Deno.test("revokePermissions() leaves none of the permissions that there are", async () => {
  const script = `
    import { revokePermissions } from ${JSON.stringify(new URL("permissions.ts", import.meta.url).href)};
    const names = ["read", "write", "net", "env", "run", "ffi", "sys", "import"];
    const states = () => names.map((name) => Deno.permissions.querySync({ name }).state);
    const before = states();
    revokePermissions();
    console.log(JSON.stringify([before, states()]));`;
  const args = ["eval", "--no-config", "--ext=ts", script];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  const [before, after] = JSON.parse(new TextDecoder().decode(stdout));
  assert.deepEqual(new Set(before), new Set(["granted"]));
  assert.ok(!after.includes("granted"), String(after));
});
