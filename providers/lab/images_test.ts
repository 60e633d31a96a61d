import assert from "node:assert/strict";
import { chooseImage, imageProblems, labImages } from "./images.ts";
import { cgroupRoot } from "./machine.ts";
import { mirrorsOf, urisOf } from "./sources.ts";
import { specProblems } from "./spec.ts";

const host = { id: "debian", family: "debian", version: "12", codename: "bookworm" };
const source = { arch: "x86_64", host, hostState: "a", mirrors: mirrorsOf("") };
const images = labImages(source);
const machine = { cores: 2, ram: 1024, arch: "x86_64" };

const chosen = (spec: Parameters<typeof chooseImage>[0], preferred?: string) =>
  chooseImage(spec, images, preferred)?.image.id;

Deno.test("check 7, check 9: chooseImage() takes the newest Debian unless the spec or the service says otherwise", () => {
  assert.equal(chosen({}), "debian-13");
  assert.equal(chosen({}, "host"), "host");
  assert.equal(chosen({ osFamily: "debian" }), "debian-13");
  assert.equal(chosen({ osVersionMatches: "1[0-2]" }), "debian-12");
  assert.equal(chosen({ osVersion: "12" }, "host"), "host");
  assert.equal(chosen({ imageId: "host" }), "host");
  assert.equal(chosen({ osVersionMatches: "2" }), undefined, "an expression matches the whole value");
  assert.equal(chosen({ os64Bit: false }), undefined);
});

Deno.test("labImages() has Ubuntu where the machine knows a mirror of it", () => {
  const mirrors = mirrorsOf("deb http://mirror.example/ubuntu noble main");
  assert.ok(labImages({ ...source, mirrors }).some(({ image }) => image.id === "ubuntu-24.04"));
  assert.ok(!images.some(({ image }) => image.id === "ubuntu-24.04"));
});

Deno.test("labImages() keys the host's image by the state of its packages", () => {
  const key = (hostState: string) => labImages({ ...source, hostState }).at(-1)?.key;
  assert.equal(key("a"), key("a"));
  assert.notEqual(key("a"), key("b"));
});

Deno.test("imageProblems() names what it cannot choose by, and what there is", () => {
  const paths = (spec: Parameters<typeof imageProblems>[0]) =>
    imageProblems(spec, images).map(({ path }) => path);
  assert.deepEqual(paths({ hypervisorMatches: "kvm" }), ["image.hypervisorMatches"]);
  assert.deepEqual(paths({ osNameMatches: "(" }), ["image.osNameMatches"]);
  assert.deepEqual(paths({ overrideLoginUser: "a b; rm" }), ["image.overrideLoginUser"]);
  const [none] = imageProblems({ osFamily: "fedora" }, images);
  assert.match(none?.help ?? "", /debian-13, debian-12, host/);
});

Deno.test("specProblems() refuses what the lab cannot honour, each by its path", () => {
  const problems = specProblems(
    {
      hardware: { minCores: 3, minRam: 4096, minDisk: 10, hardwareId: "m5.large", architecture: "aarch64" },
      location: { locationId: "eu-1", subnetId: "s" },
      qos: { spotPrice: 1, enableMonitoring: true },
      provider: { lab: { odd: 1 }, ec2: { any: 1 } },
    },
    images,
    machine,
  );
  assert.deepEqual(problems.map(({ path }) => path).sort(), [
    "hardware.architecture",
    "hardware.hardwareId",
    "hardware.minCores",
    "hardware.minDisk",
    "hardware.minRam",
    "location.locationId",
    "location.subnetId",
    "provider.lab.odd",
    "qos.enableMonitoring",
    "qos.spotPrice",
  ]);
  const fine = { hardware: { minCores: 2, minRam: 512 }, network: { inboundPorts: [22] } };
  assert.deepEqual(specProblems(fine, images, machine), []);
});

Deno.test("urisOf() reads both formats of apt sources", () => {
  const text = [
    "# deb http://old.example/debian stable main",
    "deb [arch=amd64 signed-by=/k.gpg] http://one.example/debian/ bookworm main",
    "Types: deb",
    "URIs: http://two.example/debian-security https://three.example/debian",
    "deb cdrom:[disc]/ bookworm main",
  ].join("\n");
  assert.deepEqual(urisOf(text), [
    "http://one.example/debian",
    "http://two.example/debian-security",
    "https://three.example/debian",
  ]);
  const { debian, debianSecurity } = mirrorsOf(text);
  assert.deepEqual([debian, debianSecurity], [
    "http://one.example/debian",
    "http://two.example/debian-security",
  ]);
});

Deno.test("cgroupRoot() finds the second version among mounts of the first", () => {
  const mounts =
    "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
  assert.equal(cgroupRoot(mounts), "/sys/fs/cgroup/unified");
  assert.equal(cgroupRoot("proc /proc proc rw 0 0"), undefined);
});
