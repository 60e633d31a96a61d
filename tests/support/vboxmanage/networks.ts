// Interfaces of the host, its DHCP servers.
import { Failure, usage } from "./failure.ts";
import { isNew } from "./modifyvm.ts";
import type { HostInterface, State } from "./state.ts";
import { needed, parseLine, valueOf } from "./words.ts";

function interfaceText({ name, address, netmask, up }: HostInterface, at: number): string {
  return [
    `Name:            ${name}`,
    `GUID:            786f6276-656e-4074-8000-0a002700000${at}`,
    "DHCP:            Disabled",
    `IPAddress:       ${address}`,
    `NetworkMask:     ${netmask}`,
    "IPV6Address:     ",
    "IPV6NetworkMaskPrefixLength: 0",
    `HardwareAddress: 0a:00:27:00:00:0${at}`,
    "MediumType:      Ethernet",
    "Wireless:        No",
    `Status:          ${up ? "Up" : "Down"}`,
    `VBoxNetworkName: HostInterfaceNetworking-${name}`,
    "",
  ].join("\n");
}

/** `list` of what networks there are. */
export function listNetworks(state: State, what: string): string | undefined {
  switch (what) {
    case "bridgedifs":
      return state.bridged.map((one, at) => `${interfaceText(one, at)}\n`).join("");
    case "hostonlyifs":
      return state.hostOnly.map((one, at) => `${interfaceText(one, at)}\n`).join("");
    case "natnets":
      return state.natNetworks.map((name) =>
        `${
          isNew(state.version) ? "Name:        " : "NetworkName:    "
        } ${name}\nNetwork:      10.0.2.0/24\nGateway:      10.0.2.1\n\n`
      ).join("");
    case "dhcpservers":
      return state.dhcp.map((one) =>
        [
          `NetworkName:    HostInterfaceNetworking-${one.interface}`,
          `Dhcpd IP:       ${one.server}`,
          `LowerIPAddress: ${one.lower}`,
          `UpperIPAddress: ${one.upper}`,
          `NetworkMask:    ${one.netmask}`,
          `Enabled:        ${one.enabled ? "Yes" : "No"}`,
          "Global Configuration:",
          "    minLeaseTime:     default",
          "    Forced options:   None",
          "",
          "",
        ].join("\n")
      ).join("");
    default:
      return undefined;
  }
}

/** `hostonlyif` */
export function hostOnlyIf(state: State, [what, ...words]: readonly string[]): string {
  if (what === "create") {
    const name = `vboxnet${state.hostOnly.length}`;
    state.hostOnly.push({ name, address: "192.168.56.1", netmask: "255.255.255.0", up: false });
    return `0%...10%...20%...30%...40%...50%...60%...70%...80%...90%...100%\nInterface '${name}' was successfully created\n`;
  }
  const [name = "", ...rest] = words;
  const own = state.hostOnly.find((one) => one.name === name);
  if (own === undefined) {
    throw new Failure(
      `The host network interface named '${name}' could not be found`,
      "VBOX_E_OBJECT_NOT_FOUND",
      "FindHostNetworkInterfaceByName(name.raw(), hif.asOutParam())",
    );
  }
  if (what === "remove") {
    state.hostOnly = state.hostOnly.filter((one) => one !== own);
    return "";
  }
  if (what !== "ipconfig") throw usage(`Invalid command '${what}'`);
  const line = parseLine(
    { "--dhcp": 0, "--ip": 1, "--netmask": 1, "--ipv6": 1, "--netmasklengthv6": 1 },
    rest,
  );
  const address = needed(line, "--ip");
  if (!/^192\.168\.(?:5[6-9]|6[0-3])\./.test(address)) {
    throw new Failure(
      `Code E_ACCESSDENIED (0x80070005) - Access denied (extended info not available)`,
      "E_ACCESSDENIED",
      "EnableStaticIPConfig(Bstr(pIp).raw(), Bstr(pNetmask).raw())",
    );
  }
  Object.assign(own, { address, netmask: valueOf(line, "--netmask") ?? "255.255.255.0", up: true });
  return "";
}

/** `dhcpserver` */
export function dhcpServer(state: State, [what, ...words]: readonly string[]): string {
  const line = parseLine({
    "--interface": 1,
    "--network": 1,
    "--server-ip": 1,
    "--netmask": 1,
    "--lower-ip": 1,
    "--upper-ip": 1,
    "--enable": 0,
    "--disable": 0,
    "--mac-address": 1,
  }, words);
  const name = needed(line, "--interface");
  const own = state.dhcp.find((one) => one.interface === name);
  if (what === "add" || what === "modify") {
    if (what === "add" && own !== undefined) {
      throw new Failure("DHCP server already exists", "E_INVALIDARG", "CreateDHCPServer(...)");
    }
    const server = {
      interface: name,
      server: needed(line, "--server-ip"),
      netmask: needed(line, "--netmask"),
      lower: needed(line, "--lower-ip"),
      upper: needed(line, "--upper-ip"),
      enabled: line.given.some(([option]) => option === "--enable"),
    };
    state.dhcp = [...state.dhcp.filter((one) => one !== own), server];
    return "";
  }
  if (what !== "findlease") throw usage(`Invalid command '${what}'`);
  if (own === undefined) {
    throw new Failure(
      "DHCP server does not exist",
      "VBOX_E_OBJECT_NOT_FOUND",
      "FindDHCPServerByNetworkName(...)",
    );
  }
  // Some versions take it with colons alone.
  if (!/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(needed(line, "--mac-address"))) {
    throw usage(`Invalid MAC address '${needed(line, "--mac-address")}'`);
  }
  const mac = needed(line, "--mac-address").replaceAll(":", "").toUpperCase();
  const machine = state.machines.find(({ nics, state }) =>
    state === "running" && Object.values(nics).some((nic) => nic.mac === mac && nic.target === name)
  );
  const address = machine?.guest?.address;
  if (address === undefined || !state.tells.includes("lease")) {
    throw new Failure(
      "Could not find a lease for the given MAC address",
      "VBOX_E_OBJECT_NOT_FOUND",
      "FindLeaseByMAC(...)",
    );
  }
  return [
    `IP Address:  ${address}`,
    `MAC Address: ${(mac.toLowerCase().match(/../g) ?? []).join(":")}`,
    "State:       acked",
    "Issued:      2024-11-02T10:00:00Z (1730541600)",
    "Expire:      2024-11-02T10:10:00Z (1730542200)",
    "TTL:         600 sec, currently 590 sec left",
    "",
  ].join("\n");
}
