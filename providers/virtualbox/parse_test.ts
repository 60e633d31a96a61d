import assert from "node:assert/strict";
import {
  parseExtraData,
  parseGuestAddresses,
  parseInterfaces,
  parseLease,
  parseLongMachines,
  parseMachineReadable,
  parseMachines,
  parseMedia,
  parseMedium,
  parseNames,
} from "./parse.ts";
import { featuresOf } from "./features.ts";
import { parseRanges } from "./host_networks.ts";
import { consoleAddresses } from "./seed.ts";
import { neighbourAddress } from "./address.ts";

const UUID = "6294f16b-4f05-4430-afb9-773bdb237aec";

Deno.test("parseMachines() keeps quotes and spaces of names", () => {
  assert.deepEqual(
    parseMachines(`"a "b" c" {${UUID}}\n"<inaccessible>" {${UUID}}\n`).map(({ name }) => name),
    [
      'a "b" c',
      "<inaccessible>",
    ],
  );
});

Deno.test("parseMachineReadable() reads what 6.1 leaves as it is and what 7.0 escapes", () => {
  const values = parseMachineReadable(
    'name="a "b""\nCfgFile="C:\\Users\\me\\a.vbox"\nmemory=1024\n"SATA Controller-0-0"="/x/{1}.vdi"\ndescription="one\ntwo"\nVMState="poweroff"\n',
  );
  assert.deepEqual([...values], [
    ["name", 'a "b"'],
    ["CfgFile", "C:\\Users\\me\\a.vbox"],
    ["memory", "1024"],
    ["SATA Controller-0-0", "/x/{1}.vdi"],
    ["description", "one\ntwo"],
    ["VMState", "poweroff"],
  ]);
  assert.equal(parseMachineReadable('name="a \\"b\\" \\\\c"\n').get("name"), 'a "b" \\c');
});

Deno.test("parseLongMachines() tells machines from shared folders, and knows those that cannot be read", () => {
  const text = `Name:                        web-1
Encryption:     disabled
Groups:                      /pallet/web
Guest OS:                    Debian (64-bit)
UUID:                        ${UUID}
Config file:                 /vms/web-1.vbox
Memory size:                 512MB
Number of CPUs:              1
State:                       powered off (since 2024-11-02T10:00:00.000000000)

Shared folders:

Name: 'srv', Host path: '/srv' (machine mapping), writable

Name:            <inaccessible!>
UUID:            ${UUID.replace("6", "7")}
Config file:     /vms/b.vbox
Access error details:
Runtime error opening
`;
  assert.deepEqual(
    parseLongMachines(text).map(({ name, state, groups, memory }) => [name, state, groups, memory]),
    [
      ["web-1", "poweroff", ["/pallet/web"], 512],
      ["<inaccessible!>", "inaccessible", [], undefined],
    ],
  );
});

Deno.test("parseGuestAddresses() goes by hardware addresses, in the words of 6.1 and of 7.1", () => {
  const old =
    "Name: /VirtualBox/GuestInfo/Net/0/V4/IP, value: 10.0.2.15, timestamp: 1448390422248366000, flags: \n" +
    "Name: /VirtualBox/GuestInfo/Net/0/MAC, value: 080027FBB38C, timestamp: 1448390422248652000, flags: \n";
  assert.equal(parseGuestAddresses(old).get("080027FBB38C"), "10.0.2.15");
  const since =
    "/VirtualBox/GuestInfo/Net/1/MAC          = '080027D0F71C'   @ 2026-07-10T05:24:52.422Z TRANSIENT, TRANSRESET\n" +
    "/VirtualBox/GuestInfo/Net/1/V4/IP        = '192.168.56.101'   @ 2026-07-10T05:24:52.421Z TRANSIENT, TRANSRESET\n";
  assert.equal(parseGuestAddresses(since).get("080027D0F71C"), "192.168.56.101");
  assert.equal(parseGuestAddresses(since.replace("192.168.56.101", "0.0.0.0")).size, 0);
});

Deno.test("parseMedium() tells base, difference, type and who uses a disk", () => {
  const base = `UUID:           c119bcaf-636c-41f6-86c9-384739a31339
Parent UUID:    base
State:          created
Type:           multiattach
Location:       /vms/base.vdi
Storage format: VDI
Capacity:       2048 MBytes
Property:       AllocationBlockSize=1048576
In use by VMs:  alpha (UUID: 22222222-2222-2222-2222-222222222222) [snap1 (UUID: 33333333-3333-3333-3333-333333333333)]
                beta (UUID: 44444444-4444-4444-4444-444444444444)
Child UUIDs:    dcb0daa5-3bf9-47cb-bfff-c65e74484615
`;
  const medium = parseMedium(base);
  assert.deepEqual(
    [medium?.type, medium?.parent, medium?.capacity, medium?.usedBy, medium?.children.length],
    [
      "multiattach",
      undefined,
      2048,
      ["alpha", "beta"],
      1,
    ],
  );
  const difference = base.replace("base\n", "c119bcaf-636c-41f6-86c9-384739a31339\n").replace(
    "multiattach",
    "normal (differencing)",
  );
  assert.deepEqual(
    parseMedia(`${base}\n${difference}`).map(({ type, parent }) => [type, parent !== undefined]),
    [
      ["multiattach", false],
      ["normal", true],
    ],
  );
});

Deno.test("interfaces, networks, leases and extra data are read as 6.1 and 7.1 write them", () => {
  const one = `Name:            vboxnet0
GUID:            786f6276-656e-4074-8000-0a0027000000
DHCP:            Disabled
IPAddress:       192.168.56.1
NetworkMask:     255.255.255.0
IPV6Address:     fe80::800:27ff:fe00:0
IPV6NetworkMaskPrefixLength: 64
HardwareAddress: 0a:00:27:00:00:00
MediumType:      Ethernet
Wireless:        No
Status:          Up
VBoxNetworkName: HostInterfaceNetworking-vboxnet0

`;
  const other = one.replaceAll("vboxnet0", "en0: Wi-Fi (AirPort)").replace("Up", "Down");
  assert.deepEqual(
    parseInterfaces(one + other).map(({ name, address, up, network }) => [name, address, up, network]),
    [
      ["vboxnet0", "192.168.56.1", true, "HostInterfaceNetworking-vboxnet0"],
      ["en0: Wi-Fi (AirPort)", "192.168.56.1", false, "HostInterfaceNetworking-en0: Wi-Fi (AirPort)"],
    ],
  );
  const natNetwork =
    "Network:      10.0.2.0/24\nGateway:      10.0.2.1\nDHCP Server:  Yes\nEnabled:      Yes\n";
  assert.deepEqual(parseNames(`NetworkName:    one\n${natNetwork}\nName:         two\n${natNetwork}\n`), [
    "one",
    "two",
  ]);
  const lease =
    "IP Address:  192.168.56.101\nMAC Address: 08:00:27:aa:bb:cc\nState:       acked\nIssued:      2024-11-02T10:00:00Z (1730541600)\n";
  assert.equal(parseLease(lease), "192.168.56.101");
  assert.equal(parseLease(lease.replace("acked", "expired")), undefined);
  assert.equal(parseExtraData('Value: {"a":"b"}\n'), '{"a":"b"}');
  assert.equal(parseExtraData("No value set!\n"), undefined);
});

Deno.test("featuresOf() goes by words before versions, and takes any version", () => {
  assert.equal(featuresOf("6.1.50r161033", "").options.natForward, "--natpf");
  assert.equal(featuresOf("7.1.4r165100", "").architecture, true);
  assert.equal(featuresOf("7.0.20r163906", "").architecture, false);
  assert.equal(
    featuresOf("8.0.0", "[--memory=m] [--nat-pfN=rule] createvm [--basefolder=b]").options.natForward,
    "--nat-pf",
  );
  assert.equal(featuresOf("unheard of", "").options.utc, "--rtc-use-utc");
  assert.equal(featuresOf("7.1.4r165100", "").options.hpet, "--hpet");
  assert.equal(featuresOf("7.1.4r165100", "[--memory=m] [--x86-hpet=on | off]").options.hpet, "--x86-hpet");
  assert.equal(featuresOf("7.0.20r163906", "[--memory=m] [--hpet=on | off]").options.hpet, "--hpet");
  assert.equal(featuresOf("7.0.0", "[--rtcuseutc on|off]").options.utc, "--rtcuseutc");
});

Deno.test("addresses are read from consoles and tables of neighbours, the last one told holds", () => {
  const console =
    "boot\r\npallet-address 08:00:27:aa:bb:cc 10.0.0.4\r\npallet-address 08:00:27:aa:bb:cc 10.0.0.5\r\n";
  assert.equal(consoleAddresses(console).get("080027AABBCC"), "10.0.0.5");
  assert.equal(
    neighbourAddress("? (192.168.1.7) at 8:0:27:aa:bb:cc on en0 ifscope\n", "080027AABBCC"),
    "192.168.1.7",
  );
  assert.equal(
    neighbourAddress("192.168.1.7 0x1 0x2 08:00:27:aa:bb:cc * eth0\n", "080027AABBCC"),
    "192.168.1.7",
  );
  assert.equal(parseRanges("* 10.0.0.0/8 192.168.0.0/16\n* 2001::/64\n").length, 2);
});
