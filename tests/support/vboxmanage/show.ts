// Machines as `showvminfo`, `list vms` and their like print them.
import { isNew } from "./modifyvm.ts";
import type { Attachment, Controller, Machine, Nic, State } from "./state.ts";

const STATES: Readonly<Record<string, string>> = {
  poweroff: "powered off",
  gurumeditation: "guru meditation",
};

function quoted(state: State, text: string): string {
  return isNew(state.version) ? text.replaceAll(/["\\]/g, "\\$&") : text;
}

function mediumPath(state: State, { medium }: Attachment): string {
  return state.media.find(({ uuid }) => uuid === medium)?.location ?? medium;
}

const ATTACHMENTS: Readonly<Record<string, (nic: Nic) => string>> = {
  nat: () => "NAT",
  hostonly: ({ target }) => `Host-only Interface '${target}'`,
  bridged: ({ target }) => `Bridged Interface '${target}'`,
  intnet: ({ target }) => `Internal Network '${target}'`,
  natnetwork: ({ target }) => `NAT Network '${target}'`,
  generic: ({ target }) => `Generic '${target}'`,
};

/** A machine as `list --long vms` prints it. */
export function longText(state: State, machine: Machine): string {
  if (machine.state === "inaccessible") {
    return [
      "Name:            <inaccessible!>",
      `UUID:            ${machine.uuid}`,
      `Config file:     ${machine.settingsFile}`,
      "Access error details:",
      `Runtime error opening '${machine.settingsFile}' for reading: -102 (File not found.).`,
      "",
      "",
    ].join("\n");
  }
  const { attributes } = machine;
  return [
    `Name:                        ${machine.name}`,
    ...(isNew(state.version) ? ["Encryption:     disabled"] : []),
    `Groups:                      ${machine.groups}`,
    `Guest OS:                    ${machine.osType}`,
    `UUID:                        ${machine.uuid}`,
    `Config file:                 ${machine.settingsFile}`,
    `Snapshot folder:             ${machine.folder}/Snapshots`,
    `Log folder:                  ${machine.folder}/Logs`,
    `Memory size:                 ${attributes["memory"] ?? 128}MB`,
    `Number of CPUs:              ${attributes["cpus"] ?? 1}`,
    `State:                       ${STATES[machine.state] ?? machine.state} (since ${machine.since})`,
    ...Object.entries(machine.nics).flatMap(([number, nic]) =>
      nic.attach === "none" ? [`NIC ${number}:                       disabled`] : [
        `NIC ${number}:                       MAC: ${nic.mac}, Attachment: ${
          ATTACHMENTS[nic.attach]?.(nic) ?? nic.attach
        }, Cable connected: ${
          nic.cable ? "on" : "off"
        }, Trace: off (file: none), Type: ${nic.type}, Reported speed: 0 Mbps`,
        ...nic.forwards.map((rule, at) => {
          const [name, protocol, ip, port, guest, guestPort] = rule.split(",");
          return `NIC ${number} Rule(${at}):   name = ${name}, protocol = ${protocol}, host ip = ${ip}, host port = ${port}, guest ip = ${guest}, guest port = ${guestPort}`;
        }),
      ]
    ),
    `Clipboard Mode:              ${attributes["clipboardmode"] ?? "disabled"}`,
    "",
    "Shared folders:",
    ...(machine.sharedFolders.length === 0 ? ["<none>"] : [""]),
    ...machine.sharedFolders.map(({ name, path, writable }) =>
      `Name: '${name}', Host path: '${path}' (machine mapping), ${writable ? "writable" : "readonly"}`
    ),
    "",
    `Description:`,
    attributes["description"] ?? "",
    "",
    "Guest:",
    "",
    "Configured memory balloon size:      0MB",
    "",
    "",
  ].join("\n");
}

/** All places of a controller: of IDE's and of floppies' ports there are two. */
function attachmentLines(state: State, { name, bus, ports, attachments }: Controller): readonly string[] {
  const devices = bus === "ide" || bus === "floppy" ? 2 : 1;
  const places = Array.from({ length: ports * devices }, (_, at) => [Math.floor(at / devices), at % devices]);
  return places.flatMap(([port = 0, device = 0]) => {
    const line = (key: string, value: string, place = `-${port}-${device}`) =>
      `"${quoted(state, `${name}${key}${place}`)}"="${quoted(state, value)}"`;
    const found = attachments.find((one) => one.port === port && one.device === device);
    if (found === undefined) return [line("", "none")];
    const isEmpty = found.medium === "emptydrive";
    // 6.1 forgets the place of these two.
    const disc = (key: string) => line(key, "off", isNew(state.version) ? undefined : "");
    const isDvd = found.type === "dvddrive";
    return [
      line("", mediumPath(state, found)),
      ...(isEmpty ? [] : [line("-ImageUUID", found.medium)]),
      ...(isDvd && !isEmpty ? [disc("-tempeject")] : []),
      ...(isDvd ? [disc("-IsEjected")] : []),
      ...(isEmpty || !isNew(state.version) ? [] : [line("-nonrotational", "off"), line("-discard", "off")]),
    ];
  });
}

/** A machine as `showvminfo --machinereadable` prints it. */
export function machineReadable(state: State, machine: Machine): string {
  if (machine.state === "inaccessible") return `name="<inaccessible>"\nUUID="${machine.uuid}"\n`;
  const line = (key: string, value: string) => `${key}="${quoted(state, value)}"`;
  const { attributes } = machine;
  return [
    line("name", machine.name),
    ...(isNew(state.version) ? ["Encryption:     disabled"] : []),
    line("groups", machine.groups),
    line("ostype", machine.osType),
    line("UUID", machine.uuid),
    line("CfgFile", machine.settingsFile),
    line("SnapFldr", `${machine.folder}/Snapshots`),
    `memory=${attributes["memory"] ?? 128}`,
    ...(attributes["description"] === undefined ? [] : [`description="${attributes["description"]}"`]),
    `cpus=${attributes["cpus"] ?? 1}`,
    ...[1, 2, 3, 4].map((place) => line(`boot${place}`, attributes[`boot${place}`] ?? "none")),
    line("rtcuseutc", attributes["rtcuseutc"] ?? "off"),
    line("VMState", machine.state),
    line("VMStateChangeTime", machine.since),
    ...machine.controllers.flatMap((one, at) => [
      line(`storagecontrollername${at}`, one.name),
      line(`storagecontrollertype${at}`, one.type),
      line(`storagecontrollerinstance${at}`, "0"),
      line(`storagecontrollermaxportcount${at}`, "30"),
      line(`storagecontrollerportcount${at}`, String(one.ports)),
      line(`storagecontrollerbootable${at}`, "on"),
    ]),
    ...machine.controllers.flatMap((one) => attachmentLines(state, one)),
    ...Object.entries(machine.nics).flatMap(([number, nic]) => [
      ...(nic.attach === "hostonly" ? [line(`hostonlyadapter${number}`, nic.target)] : []),
      ...(nic.attach === "bridged" ? [line(`bridgeadapter${number}`, nic.target)] : []),
      line(`macaddress${number}`, nic.mac),
      line(`cableconnected${number}`, nic.cable ? "on" : "off"),
      line(`nic${number}`, nic.attach),
      ...nic.forwards.map((rule, at) => line(`Forwarding(${at})`, rule)),
    ]),
    ...(machine.snapshot === undefined ? [] : [
      line("SnapshotName", "one"),
      line("SnapshotUUID", machine.snapshot),
      line("CurrentSnapshotName", "one"),
      line("CurrentSnapshotUUID", machine.snapshot),
    ]),
    "",
  ].join("\n");
}
