import assert from "node:assert/strict";
import { parseFacts } from "./facts.ts";

Deno.test("parseFacts() reads a Debian node", () => {
  const facts = parseFacts([
    "ID debian",
    "VERSION_ID 12",
    "VERSION_CODENAME bookworm",
    "ARCH x86_64",
    "PACKAGER apt",
    "INIT systemd",
    "HOSTNAME web-1",
    "BOOT 324b2129",
    "ADDRESS 10.0.0.5",
    "ADDRESS fd000000000000000000000000000002",
    "ADDRESS 20010db8000000000001000000000001",
    "TAG a%20b one%0Atwo%25",
    "TAG empty ",
  ], 7);
  assert.deepEqual(facts, {
    os: { id: "debian", family: "debian", version: "12", codename: "bookworm" },
    arch: "x86_64",
    packager: "apt",
    init: "systemd",
    hostname: "web-1",
    addresses: ["10.0.0.5", "fd00::2", "2001:db8::1:0:0:1"],
    bootId: "324b2129",
    source: "node",
    at: 7,
    tags: { "a b": "one\ntwo%", empty: "" },
  });
});

Deno.test("parseFacts() finds the family of a system that nobody has heard of", () => {
  assert.equal(parseFacts(["ID mine", "ID_LIKE rhel fedora", "VERSION_ID 9.4"], 0).os.family, "rhel");
  assert.equal(parseFacts(["ID mine"], 0).os.family, "mine");
});

Deno.test("parseFacts() of a system without a release has a name for everything", () => {
  const facts = parseFacts([], 0);
  assert.equal(facts.os.id, "linux");
  assert.equal(facts.os.version, "");
  assert.equal(facts.packager, "unknown");
  assert.equal(facts.tags, undefined);
});
