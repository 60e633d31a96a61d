import assert from "node:assert/strict";
import { parseSubnet } from "../lab/names.ts";
import { addressOf } from "./address.ts";
import { type Features, featuresOf } from "./features.ts";
import { ensureHostOnly, hostNetworks, rangeProblems } from "./host_networks.ts";
import { modifyOptions } from "./modify.ts";
import { chooseAdapters } from "./network.ts";
import type { Plan } from "./plan.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** What 7.1 lists on macOS. */
const NETWORK = `Name:            HostNetwork
GUID:            6f6e7374-6861-6e65-7400-000000000001

State:           Enabled
NetworkMask:     255.255.255.0
LowerIP:         192.168.60.1
UpperIP:         192.168.60.254
VBoxNetworkName: hostonly-HostNetwork

`;

const RANGE = parseSubnet("192.168.56.0/24") ?? { base: 0, prefix: 0 };

/** A program that says these words, and what it was asked for. */
function program(says: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const look = (args: readonly string[]): Promise<string> => {
    const command = args.join(" ");
    asked.push(command);
    return Promise.resolve(says[command] ?? "");
  };
  const vbox: VBoxManage = { path: "", look, said: look, change: (_, args) => look(args) };
  return { vbox, asked };
}

function onMac(version: string): Features {
  return featuresOf(version, "", "darwin");
}

const HOST = { bridged: [], hostOnly: [], natNetworks: [] };

Deno.test("since 7.0 macOS has host-only networks: the preset takes the one there is", async () => {
  assert.equal(onMac("6.1.50r161033").hostOnlyNetworks, false);
  assert.equal(featuresOf("7.1.4r165100", "[--host-only-netN=name]", "linux").hostOnlyNetworks, false);
  const features = onMac("7.1.4r165100");
  const { vbox, asked } = program({ "list hostonlynets": NETWORK });
  const networks = await hostNetworks(vbox, features);
  assert.deepEqual(networks.hostOnlyNetworks, ["HostNetwork"]);
  assert.ok(!asked.includes("list hostonlyifs"), "which fails there");
  const { adapters, problems } = chooseAdapters("local", networks, {}, "network");
  assert.deepEqual(problems, []);
  assert.deepEqual(adapters, [{ attach: "host-only-network", target: "HostNetwork" }, { attach: "nat" }]);
  const plan = { machine: { cores: 1, ram: 512 }, arm: true, record: { folder: "/nodes/a" } };
  const planned = adapters.map((one) => ({ ...one, mac: "080027AABBCC", forwards: [] }));
  const options = modifyOptions({ ...plan, adapters: planned } as unknown as Plan, features).join(" ");
  assert.match(options, /--nic1 hostonlynet --host-only-net1 HostNetwork --mac-address1 080027AABBCC/);
  assert.equal(await ensureHostOnly(vbox, features, RANGE, undefined), "HostNetwork");
  assert.ok(asked.every((command) => !command.startsWith("hostonlynet ")), "none is made");
});

Deno.test("a host-only network is made on macOS where there is none, of the range that was told", async () => {
  const { vbox, asked } = program({});
  assert.equal(await ensureHostOnly(vbox, onMac("7.2.0r170228"), RANGE, undefined), "pallet");
  assert.equal(
    asked.at(-1),
    "hostonlynet add --name=pallet --netmask=255.255.255.0 --lower-ip=192.168.56.1 --upper-ip=192.168.56.254 --enable",
  );
});

Deno.test("a host-only network is refused where this VirtualBox has interfaces", () => {
  const { problems } = chooseAdapters([{ attach: "host-only-network" }], HOST, {}, "network");
  assert.match(problems[0]?.message ?? "", /has host-only interfaces, and no host-only networks/);
});

Deno.test("a lease is asked for by the name of a network on macOS, and by that of an interface elsewhere", async () => {
  const lease = "IP Address:  192.168.60.7\nMAC Address: 08:00:27:aa:bb:cc\nState:       acked\n";
  for (const [attach, kind] of [["host-only-network", "network"], ["host-only", "interface"]] as const) {
    const { vbox } = program({
      [`dhcpserver findlease --${kind}=one --mac-address=08:00:27:aa:bb:cc`]: lease,
    });
    const management = { mac: "080027AABBCC", attach, target: "one", port: 22 };
    const record = { uuid: "u", folder: "/nowhere", management } as unknown as Plan["record"];
    assert.deepEqual(await addressOf(vbox, record), { address: "192.168.60.7", port: 22 });
  }
});

Deno.test("an interface with spaces in its name, as Windows has them, is made once and found again", async () => {
  const name = "VirtualBox Host-Only Ethernet Adapter #2";
  const made = `0%...100%\nInterface '${name}' was successfully created\n`;
  const features = featuresOf("7.1.4r165100", "", "windows");
  const none = program({ "hostonlyif create": made });
  assert.deepEqual(await rangeProblems(RANGE, "windows", "/nowhere"), [], "Windows has no limits");
  assert.equal(await ensureHostOnly(none.vbox, features, RANGE, undefined), name);
  assert.ok(none.asked.includes(`hostonlyif ipconfig ${name} --ip 192.168.56.1 --netmask 255.255.255.0`));
  const listed =
    `Name:            ${name}\nIPAddress:       192.168.56.1\nNetworkMask:     255.255.255.0\nStatus:          Up\n` +
    `VBoxNetworkName: HostInterfaceNetworking-${name}\n\n`;
  const some = program({ "list hostonlyifs": listed });
  assert.equal(await ensureHostOnly(some.vbox, features, RANGE, undefined), name);
  assert.ok(!some.asked.includes("hostonlyif create"), "creating until a name appears would never end there");
});

Deno.test("rangeProblems() goes by networks.conf, and by VirtualBox's own range where there is none", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pallet-ranges-" });
  try {
    const file = `${folder}/networks.conf`;
    const other = parseSubnet("10.77.0.0/24") ?? RANGE;
    assert.deepEqual(await rangeProblems(RANGE, "linux", file), []);
    const [problem] = await rangeProblems(other, "linux", file);
    assert.match(problem?.message ?? "", /10\.77\.0\.0\/24, but of 192\.168\.56\.0\/21/);
    await Deno.writeTextFile(file, "# ours\n* 10.0.0.0/8 2001::/64\n");
    assert.deepEqual(await rangeProblems(other, "darwin", file), []);
    assert.match((await rangeProblems(RANGE, "linux", file))[0]?.help ?? "", /echo '\* 192\.168\.56\.0\/24'/);
    await Deno.writeTextFile(file, "* *\n");
    assert.deepEqual(await rangeProblems(RANGE, "linux", file), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
