import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import type { OsFacts } from "../spec/node.ts";
import {
  adminGroup,
  familyOf,
  initOf,
  lineage,
  osMap,
  packageName,
  packagerOf,
  parseOs,
  requireSupported,
  serviceName,
} from "./mod.ts";

function os(id: string, version = ""): { readonly os: OsFacts } {
  return { os: { id, family: familyOf(id), version, codename: "" } };
}

Deno.test("familyOf() puts every supported system into debian or rhel", () => {
  for (const id of ["debian", "ubuntu", "raspbian", "linuxmint"]) assert.equal(familyOf(id), "debian");
  for (const id of ["rhel", "centos", "rocky", "almalinux", "fedora", "amzn", "ol"]) {
    assert.equal(familyOf(id), "rhel");
  }
  assert.equal(familyOf("arch"), "arch");
  assert.equal(familyOf("weird"), "weird");
  assert.equal(familyOf("weird", ["nothing", "ubuntu", "debian"]), "debian");
  assert.equal(familyOf("constructor"), "constructor");
});

Deno.test("check 91: the most specific system wins, then the narrowest range", () => {
  const choose = osMap("the thing", {
    "linux": "linux",
    "debian": "debian",
    "debian 10..": "10 and later",
    "debian 10..12": "10 to 12",
    "debian 12": "12",
    "debian 12.4": "12.4",
    "ubuntu": "ubuntu",
    "rhel 9": "el9",
  });
  assert.equal(choose(os("debian", "12.4")), "12.4");
  assert.equal(choose(os("debian", "12.5")), "12");
  assert.equal(choose(os("debian", "11")), "10 to 12");
  assert.equal(choose(os("debian", "13")), "10 and later");
  assert.equal(choose(os("debian")), "10 and later");
  assert.equal(choose(os("debian", "9")), "debian");
  assert.equal(choose(os("ubuntu", "12.4")), "ubuntu");
  assert.equal(choose(os("kali", "12.4")), "debian");
  assert.equal(choose(os("rocky", "9.3")), "el9");
  assert.equal(choose(os("fedora", "9")), "linux");
  assert.equal(choose(os("weird", "1")), "linux");
});

Deno.test("check 90: a system without an entry is an error that names it and what was wanted", () => {
  const choose = osMap("the package of nginx", { debian: "nginx", "rhel 9": "nginx" });
  assert.throws(
    () => choose(os("arch", "")),
    (error) =>
      error instanceof PalletError && error.kind === "infra" &&
      error.message ===
        "Cannot choose the package of nginx for arch: there is an entry for debian, rhel only",
  );
  assert.throws(() => choose(os("rocky", "8")), /for rocky 8/);
});

Deno.test("osMap() refuses a key that it cannot read, at once", () => {
  for (const key of ["", "debian x", "debian 12..10", "debian 12 13"]) {
    assert.throws(() => osMap("the thing", { [key]: 1 }), /it is no name and version range/);
  }
});

Deno.test("check 90: requireSupported() names what was to be done and the system", () => {
  assert.doesNotThrow(() => requireSupported("install packages", os("ubuntu", "24.04").os));
  assert.throws(
    () => requireSupported("install packages", os("alpine", "3.20").os),
    /Cannot install packages on alpine 3\.20: this operating system is not supported/,
  );
});

Deno.test("tables answer by family and version", () => {
  assert.equal(packagerOf(os("ubuntu", "24.04").os), "apt");
  assert.equal(packagerOf(os("rocky", "9").os), "dnf");
  assert.equal(packagerOf(os("centos", "7").os), "unknown");
  assert.equal(packagerOf(os("alpine").os), "unknown");
  assert.equal(initOf(os("debian", "7").os), "sysvinit");
  assert.equal(initOf(os("debian", "12").os), "systemd");
  assert.equal(initOf(os("void").os), "runit");
  assert.equal(adminGroup(os("ubuntu", "24.04")), "sudo");
  assert.equal(adminGroup(os("fedora", "41")), "wheel");
  assert.equal(packageName("apache2", os("almalinux", "9")), "httpd");
  assert.equal(packageName("apache2", os("debian", "12")), "apache2");
  assert.equal(packageName("toString", os("rocky", "9")), "toString");
  assert.equal(serviceName("cron", os("rocky", "9")), "crond");
});

Deno.test("parseOs() reads ids with versions, code names and neither", () => {
  const facts = parseOs("debian-12");
  assert.deepEqual(facts.os, { id: "debian", family: "debian", version: "12", codename: "bookworm" });
  assert.equal(facts.source, "option");
  assert.equal(parseOs("ubuntu-noble").os.version, "24.04");
  assert.equal(parseOs("debian-sid").os.version, "");
  assert.equal(parseOs("rocky-9").packager, "dnf");
  assert.equal(parseOs("opensuse-leap-15.6").os.id, "opensuse-leap");
  assert.equal(parseOs("debian").os.version, "");
});

Deno.test("parseOs() refuses what it does not know and suggests", () => {
  assert.throws(
    () => parseOs("debain-12"),
    /Cannot tell what operating system "debain-12" is\. Did you mean "debian-12"\?/,
  );
  assert.throws(() => parseOs("debian12"), /Did you mean "debian-12"\?/);
  assert.throws(() => parseOs("debain"), /Did you mean "debian"\?/);
  for (const name of ["", "12", "debian-twelve", "debian-12-", "-", "toString", "debian12"]) {
    assert.throws(
      () => parseOs(name),
      (error) => error instanceof PalletError && error.kind === "usage",
      name,
    );
  }
});

Deno.test("lineage() ends at linux", () => {
  assert.deepEqual(lineage("linuxmint"), ["linuxmint", "ubuntu", "debian", "linux"]);
  assert.deepEqual(lineage("linux"), ["linux"]);
});
