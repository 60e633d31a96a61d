import assert from "node:assert/strict";
import { imageFits, imageSpecProblems, imageValues } from "./image_choice.ts";
import type { Image } from "./provider.ts";

const image: Image = {
  id: "debian-12",
  os: { id: "debian", family: "debian", version: "12", codename: "bookworm" },
  arch: "x86_64",
  description: "Debian 12 (bookworm)",
  origin: "built in",
  loginUser: "root",
};

const fits = (spec: Parameters<typeof imageFits>[0]) => imageFits(spec, image, imageValues);

Deno.test("imageFits() takes every key of a spec as a condition, expressions for whole values", () => {
  assert.ok(fits({}));
  assert.ok(fits({ imageId: "debian-12", osFamily: "debian", osVersion: "12", os64Bit: true }));
  assert.ok(
    fits({ osNameMatches: "deb.*", osVersionMatches: "1[0-2]", imageDescriptionMatches: ".*worm.*" }),
  );
  assert.ok(fits({ osVersionMatches: "11|12" }), "a choice is anchored as a whole");
  assert.ok(!fits({ osVersionMatches: "2" }));
  assert.ok(!fits({ osFamily: "debian", osVersion: "13" }));
  assert.ok(!fits({ osVersion: "1[0-2]" }), "a plain key is no expression");
  assert.ok(!fits({ os64Bit: false }));
  assert.ok(!fits({ osNameMatches: "(" }), "what is no expression matches nothing");
  assert.ok(fits({ overrideLoginUser: "admin" }), "who logs in does not choose");
});

Deno.test("imageFits() goes by the values that a provider has, and no others", () => {
  assert.ok(fits({ hypervisorMatches: "kvm" }));
  const values = { ...imageValues, hypervisorMatches: () => "xen" };
  assert.ok(!imageFits({ hypervisorMatches: "kvm" }, image, values));
  assert.ok(imageFits({ hypervisorMatches: "x.n" }, image, values));
});

Deno.test("imageSpecProblems() names expressions that are none, and users that can be none", () => {
  assert.deepEqual(
    imageSpecProblems({ osNameMatches: "deb.*", overrideLoginUser: "admin" }, imageValues),
    [],
  );
  assert.deepEqual(
    imageSpecProblems({ osNameMatches: "(", imageId: "(", overrideLoginUser: "a b" }, imageValues),
    [
      { path: "image.osNameMatches", message: 'is no regular expression: "("' },
      { path: "image.overrideLoginUser", message: 'is no name of a user: "a b"' },
    ],
  );
});
