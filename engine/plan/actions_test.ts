// The engine's own actions in plans: what planning asks of every kind holds for each of them.
import assert from "node:assert/strict";
import * as pallet from "../mod.ts";
import { actions, web } from "./testing.ts";

const { sh } = pallet;

/** One action of each kind that takes a text of the user's, with that text in it. */
const withText = (text: string): readonly pallet.Action[] => [
  pallet.directory(`/srv/${text}`),
  pallet.execScript(sh`echo ${text}`),
  pallet.execCheckedScript("check", sh`echo ${text}`),
  pallet.file(`/srv/file-${text}`),
  pallet.lineInFile("/etc/hosts", `${text} db`),
  pallet.packages("curl"),
  pallet.remoteFile("/etc/app.conf", { content: `db=${text}\n` }),
  pallet.symbolicLink(`/srv/${text}`, "/srv/link"),
  pallet.user("deploy", { home: `/home/${text}` }),
  pallet.waitForPort(3306, { host: text }),
];

Deno.test("actions take deferred values in their texts", async () => {
  const found = await actions(web(({ target }) => withText(`${target.primaryIp}`)));
  assert.equal(found.length, withText("x").length);
});

Deno.test("actions that were copied pass their own schemas again, unchanged", async () => {
  const plain = await actions(web(() => withText("x")));
  const copied = await actions(web(() => withText("x").map((action) => ({ ...action }))));
  assert.deepEqual(copied.map(({ id, args }) => [id, args]), plain.map(({ id, args }) => [id, args]));
});

Deno.test("calls of packages next to each other are one transaction, others stay where they are", async () => {
  const found = await actions(web(() => {
    const nginx = pallet.packages("nginx");
    return [
      pallet.packages("curl"),
      nginx,
      pallet.directory("/srv"),
      pallet.packages("git"),
      pallet.onChange(nginx, pallet.execScript(sh`true`)),
    ];
  }));
  assert.deepEqual(found.map(({ kind }) => kind), ["packages", "directory", "packages", "execScript"]);
  assert.match(found[0]?.title ?? "", /curl.*nginx/);
  assert.deepEqual(found[3]?.triggers, [found[0]?.id]);
});
