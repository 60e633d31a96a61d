import assert from "node:assert/strict";
import { isGone, thisOwner } from "./owner.ts";

Deno.test("isGone() is true of processes of this machine alone that run no more", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const own = await thisOwner();
  assert.ok(own !== undefined);
  assert.equal(await isGone(own), false);
  const [pid, start, ...where] = own.split(" ");
  assert.equal(
    await isGone([pid, Number(start) + 1, ...where].join(" ")),
    true,
    "its number is another's now",
  );
  const child = new Deno.Command("true").spawn();
  await child.status;
  const dead = (...world: readonly (string | undefined)[]) => [child.pid, "1", ...world].join(" ");
  assert.equal(await isGone(dead(...where)), true);
  const [boot, ...rest] = where;
  assert.equal(await isGone(dead("another-boot", ...rest)), false, "of another machine nothing is known");
  assert.equal(await isGone(dead(boot, ...rest.slice(0, -1), "other-user")), false);
  assert.equal(await isGone("ann@desk pid 7"), false);
});
