import assert from "node:assert/strict";
import { calledUser } from "./admin_user.ts";
import { bare, merge, userFile } from "./testing.ts";

Deno.test("calledUser() is what variables and options say, and not what files do", async () => {
  const file = await userFile("admin-user: { username: ann, private-key: keys/ann }");
  assert.equal(calledUser(merge([file]), bare.env), undefined);
  assert.deepEqual(calledUser(merge([file], { options: { user: "bob", "private-key": "k" } }), bare.env), {
    username: "bob",
    privateKey: "/work/k",
    from: "--user",
  });
});
