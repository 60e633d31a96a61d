// What `pallet plan` tells of an infra file.
import assert from "node:assert/strict";
import { inFolder, pallet } from "../tests/support/process.ts";

const node = "{ name: web-1, group: web, address: 127.0.0.1, os: debian-12 }";
const yaml = `services:\n  mine: { provider: node-list, nodes: [${node}] }\ndefault-service: mine\n`;

Deno.test("pallet plan tells once why a target cannot be planned", async () => {
  const infra = 'import { groupSpec } from "pallet";\nexport const web = groupSpec("web", {\n  count: 1,\n' +
    '  phases: { configure: () => { throw new Error("no such luck"); } },\n});\n';
  await inFolder({ "infra.ts": infra, "pallet.yaml": yaml }, async (folder) => {
    const { status, out, err } = await pallet(["plan"], { cwd: folder, env: { XDG_STATE_HOME: folder } });
    assert.equal(status, 2, err);
    assert.match(out, /^ {2}web-1 {2}cannot be planned$/m);
    assert.match(err, /^error: .*no such luck\n {2}at infra\.ts:4:\d+\n/);
  });
});

Deno.test("pallet plan tells what infra code logs, unless quiet, and what it forgot to import", async () => {
  const text = 'import { groupSpec } from "pallet";\n' +
    'console.log("hello");\n' +
    'export const web = groupSpec("web", { count: 1, phases: { configure: () => packages("tree") } });\n';
  await inFolder({ "infra.ts": text, "pallet.yaml": yaml }, async (folder) => {
    const env = { XDG_CONFIG_HOME: "/nonexistent", XDG_STATE_HOME: folder };
    const { err } = await pallet(["plan"], { cwd: folder, env });
    assert.match(err, /^info: hello$/m);
    assert.match(
      err,
      /packages is not defined\n.*\n(?:.*\n)*help: Import it: import \{ packages \} from "pallet";/,
    );
    assert.doesNotMatch((await pallet(["plan", "--quiet"], { cwd: folder, env })).err, /hello/);
    await Deno.writeTextFile(`${folder}/infra.ts`, text.replace("packages(", "packges("));
    assert.match(
      (await pallet(["plan"], { cwd: folder, env })).err,
      /help: Did you mean packages of "pallet"\?/,
    );
  });
});
