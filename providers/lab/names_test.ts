import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addressOf,
  chooseSubnet,
  formatAddress,
  formatSubnet,
  hardwareAddress,
  labNames,
  lastIndex,
  overlaps,
  parseAddress,
  parseSubnet,
  routesOf,
  vethName,
} from "./names.ts";

const routes = `default via 192.168.1.1 dev eth0 proto dhcp
192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.7
unreachable 10.64.0.0/11 metric 4
broadcast 192.168.1.255 dev eth0 table local proto kernel scope link src 192.168.1.7`;

Deno.test("labNames() differ by folder and fit the kernel's 15 characters", () => {
  const one = labNames("/a");
  assert.notEqual(one.bridge, labNames("/b").bridge);
  assert.ok(one.bridge.length <= 15);
  for (const index of [2, 255, 65534]) assert.ok(vethName(one, index).length <= 15, vethName(one, index));
});

Deno.test("parseAddress() and formatAddress() undo each other", () => {
  fc.assert(fc.property(fc.ipV4(), (text) => formatAddress(parseAddress(text) ?? -1) === text));
  for (const text of ["", "1.2.3", "1.2.3.256", "a.b.c.d", "1.2.3.4.5"]) {
    assert.equal(parseAddress(text), undefined, text);
  }
});

Deno.test("parseSubnet() rounds to the network and refuses what is none", () => {
  const subnet = parseSubnet("10.9.8.7/24");
  assert.ok(subnet !== undefined);
  assert.equal(formatSubnet(subnet), "10.9.8.0/24");
  assert.deepEqual([addressOf(subnet, 2), lastIndex(subnet)], ["10.9.8.2", 254]);
  for (const text of ["10.0.0.0/33", "10.0.0.0/x", "10.0.0/8", "10.0.0.0/8/8"]) {
    assert.equal(parseSubnet(text), undefined, text);
  }
});

Deno.test("overlaps() is the same both ways, and true of a part and its whole", () => {
  const subnets = fc.record({ base: fc.nat(2 ** 31 - 1), prefix: fc.integer({ min: 1, max: 32 }) });
  fc.assert(fc.property(subnets, subnets, (one, other) => overlaps(one, other) === overlaps(other, one)));
  const [whole, part, beside] = ["10.0.0.0/8", "10.1.2.0/24", "11.0.0.0/24"].map(parseSubnet);
  assert.ok(whole !== undefined && part !== undefined && beside !== undefined);
  assert.deepEqual([overlaps(whole, part), overlaps(part, beside)], [true, false]);
});

Deno.test("routesOf() reads networks and addresses, and not the default route", () => {
  assert.deepEqual([...new Set(routesOf(routes).map(formatSubnet))].sort(), [
    "10.64.0.0/11",
    "192.168.1.0/24",
    "192.168.1.1/32",
    "192.168.1.255/32",
    "192.168.1.7/32",
  ]);
});

Deno.test("chooseSubnet() meets no route of the machine, and nothing when all is taken", () => {
  const taken = routesOf(routes);
  fc.assert(fc.property(fc.string(), (folder) => {
    const subnet = chooseSubnet(labNames(folder), taken);
    return subnet !== undefined && !taken.some((other) => overlaps(other, subnet));
  }));
  assert.equal(chooseSubnet(labNames("/a"), [{ base: 0, prefix: 1 }]), undefined);
});

Deno.test("hardwareAddress() is locally administered and follows the address", () => {
  assert.equal(hardwareAddress("10.1.2.255"), "02:4c:0a:01:02:ff");
});
