// Disks and discs: registered as they are opened, and files on the disk of this machine.
import { Failure, usage } from "./failure.ts";
import type { Machine, Medium, State } from "./state.ts";
import { has, type Line, needed, parseLine, valueOf } from "./words.ts";

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Machines that have a medium attached. */
export function usersOf(state: State, uuid: string): readonly Machine[] {
  return state.machines.filter(({ controllers }) =>
    controllers.some(({ attachments }) => attachments.some(({ medium }) => medium === uuid))
  );
}

/** Differences to a medium. */
export function childrenOf(state: State, uuid: string): readonly Medium[] {
  return state.media.filter(({ parent }) => parent === uuid);
}

/** Machines that run and have a medium, or a difference to it, or one to that: they hold all of the chain. */
function holdersOf(state: State, uuid: string): readonly Machine[] {
  const own = usersOf(state, uuid).filter((machine) =>
    ["running", "paused", "starting"].includes(machine.state)
  );
  return [...own, ...childrenOf(state, uuid).flatMap((child) => holdersOf(state, child.uuid))];
}

function stateOf(state: State, { uuid }: Medium): string {
  if (holdersOf(state, uuid).length === 0) return "created";
  return childrenOf(state, uuid).length === 0 ? "locked write" : "locked read";
}

/** A medium by its id or path; one that is not known is opened. */
export function open(state: State, kind: Medium["kind"], name: string): Medium {
  const known = state.media.find((one) => one.uuid === name || one.location === name);
  if (known?.kind === kind) return known;
  if (known !== undefined || !name.startsWith("/") || !exists(name)) {
    throw new Failure(
      `Could not find file for the medium '${name}' (VERR_FILE_NOT_FOUND)`,
      "VBOX_E_FILE_ERROR",
      "OpenMedium(Bstr(pszFilenameOrUuid).raw(), enmDevType, enmAccessMode, fForceNewUuidOnOpen, pMedium.asOutParam())",
    );
  }
  const format = /\.(vmdk|vhd|qcow2?)$/i.exec(name)?.[1]?.toUpperCase() ?? (kind === "disk" ? "VDI" : "RAW");
  const medium = {
    uuid: crypto.randomUUID(),
    kind,
    location: name,
    type: kind === "dvd" ? "readonly" : kind === "floppy" ? "writethrough" : "normal",
    format,
    capacity: 10240,
  };
  state.media.push(medium);
  return medium;
}

/** A medium as `showmediuminfo` and `list --long hdds` print it; `list hdds` alone tells less. */
export function mediumText(state: State, medium: Medium, isLong = true): string {
  const users = usersOf(state, medium.uuid);
  const children = childrenOf(state, medium.uuid);
  const type = medium.type === "normal"
    ? `normal (${medium.parent === undefined ? "base" : "differencing"})`
    : medium.type;
  const long = (...lines: readonly string[]) => isLong ? lines : [];
  return [
    `UUID:           ${medium.uuid}`,
    ...(medium.kind === "disk" ? [`Parent UUID:    ${medium.parent ?? "base"}`] : []),
    `State:          ${stateOf(state, medium)}`,
    `Type:           ${type}`,
    ...(medium.parent === undefined ? [] : long("Auto-Reset:     off")),
    `Location:       ${medium.location}`,
    `Storage format: ${medium.format}`,
    ...long("Format variant: dynamic default"),
    `Capacity:       ${medium.capacity} MBytes`,
    ...long("Size on disk:   2 MBytes"),
    "Encryption:     disabled",
    ...long("Property:       AllocationBlockSize=1048576"),
    ...users.flatMap(({ name, uuid }, at) =>
      long(`${at === 0 ? "In use by VMs:  " : " ".repeat(16)}${name} (UUID: ${uuid})`)
    ),
    ...children.flatMap(({ uuid }, at) => long(`${at === 0 ? "Child UUIDs:    " : " ".repeat(16)}${uuid}`)),
    "",
  ].join("\n");
}

function kindOf(words: readonly string[]): readonly [Medium["kind"], string, readonly string[]] {
  const [first = "", second, ...rest] = words;
  if (first === "disk" || first === "dvd") {
    if (second === undefined) throw usage("Medium filename or UUID required");
    return [first, second, rest];
  }
  return ["disk", first, words.slice(1)];
}

/** `showmediuminfo` */
export function showMedium(state: State, words: readonly string[]): string {
  const [kind, name, rest] = kindOf(words);
  if (rest.length > 0) throw usage(`Invalid parameter '${rest[0]}'`);
  return mediumText(state, open(state, kind, name));
}

/** Changes what a disk may be attached as. */
export function setType(state: State, medium: Medium, type: string): void {
  if (!["normal", "writethrough", "immutable", "shareable", "readonly", "multiattach"].includes(type)) {
    throw usage(`Invalid medium type '${type}'`);
  }
  // Looked at before the type is, so that even the type that it has cannot be set while a machine runs.
  const held = stateOf(state, medium);
  if (held !== "created") {
    throw new Failure(
      `Medium '${medium.location}' is locked for ${
        held === "locked read" ? "reading" : "writing"
      } by another task`,
      "VBOX_E_INVALID_OBJECT_STATE",
      "COMSETTER(Type)(mediumType)",
    );
  }
  if (medium.type === type) return;
  const users = usersOf(state, medium.uuid).length;
  if (users > 0) {
    throw new Failure(
      `Cannot change the type of medium '${medium.location}' because it is attached to ${users} virtual machines`,
      "VBOX_E_INVALID_OBJECT_STATE",
      "COMSETTER(Type)(enmMediumType)",
    );
  }
  medium.type = type;
}

/** `modifymedium` */
export function modifyMedium(state: State, words: readonly string[]): string {
  const [kind, name, rest] = kindOf(words);
  const line = parseLine({ "--type": 1, "--compact": 0, "--resize": 1, "--move": 1 }, rest);
  const medium = open(state, kind, name);
  const type = valueOf(line, "--type");
  if (type !== undefined) setType(state, medium, type);
  return "";
}

/** `closemedium` */
export function closeMedium(state: State, words: readonly string[]): string {
  const [kind, name, rest] = kindOf(words);
  const line = parseLine({ "--delete": 0 }, rest);
  const medium = open(state, kind, name);
  const users = usersOf(state, medium.uuid).length;
  const children = childrenOf(state, medium.uuid).length;
  if (users > 0 || children > 0) {
    throw new Failure(
      `Cannot close medium '${medium.location}' because it ${
        users > 0 ? `is still attached to ${users} virtual machines` : `has ${children} child media`
      }`,
      "VBOX_E_OBJECT_IN_USE",
      "Close()",
    );
  }
  forget(state, medium, has(line, "--delete"));
  return "";
}

/** Takes a medium off the list, and its file off the disk. */
export function forget(state: State, medium: Medium, remove: boolean): void {
  state.media = state.media.filter(({ uuid }) => uuid !== medium.uuid);
  if (remove && exists(medium.location)) Deno.removeSync(medium.location);
}

function refuseExisting(path: string): void {
  if (!exists(path)) return;
  throw new Failure(
    `Could not create the medium storage unit '${path}'. VDI: cannot create image '${path}' (VERR_ALREADY_EXISTS)`,
    "VBOX_E_FILE_ERROR",
    "CreateBaseStorage(...)",
  );
}

/** Writes a disk of the stand-in's own. */
export function writeDisk(path: string, content: string | Uint8Array<ArrayBuffer>): void {
  Deno.mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true });
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
}

/** `createmedium` */
export function createMedium(state: State, words: readonly string[]): string {
  const [kind, ...rest] = words;
  if (kind !== "disk") throw usage(`Invalid parameter '${kind}'`);
  const line = parseLine({
    "--filename": 1,
    "--size": 1,
    "--sizebyte": 1,
    "--format": 1,
    "--variant": 1,
    "--diffparent": 1,
  }, rest);
  const path = needed(line, "--filename");
  refuseExisting(path);
  writeDisk(path, "<<< a disk of the stand-in >>>\n");
  const medium = open(state, "disk", path);
  medium.capacity = Number(needed(line, "--size"));
  medium.format = valueOf(line, "--format") ?? "VDI";
  return `Medium created. UUID: ${medium.uuid}\n`;
}

function cloneTo(state: State, from: string, to: string, format: string): string {
  refuseExisting(to);
  writeDisk(to, Deno.readFileSync(from));
  const medium = open(state, "disk", to);
  medium.format = format;
  return medium.uuid;
}

/** `clonemedium` */
export function cloneMedium(state: State, words: readonly string[]): string {
  const [kind, from, rest] = kindOf(words);
  const line: Line = parseLine({ "--format": 1, "--variant": 1, "--existing": 0 }, rest);
  const [to] = line.rest;
  if (to === undefined) throw usage("Mandatory output file parameter missing");
  const source = open(state, kind, from);
  const format = valueOf(line, "--format") ?? source.format;
  return `0%...10%...20%...100%\nClone medium created in format '${format}'. UUID: ${
    cloneTo(state, source.location, to, format)
  }\n`;
}

/** `convertfromraw` */
export function convertFromRaw(words: readonly string[]): string {
  const line = parseLine({ "--format": 1, "--variant": 1, "--uuid": 1 }, words);
  const [from, to] = line.rest;
  if (from === undefined || to === undefined) throw usage("Expected an input and an output file");
  if (!exists(from)) throw new Failure(`Cannot open file "${from}": VERR_FILE_NOT_FOUND`);
  refuseExisting(to);
  writeDisk(to, Deno.readFileSync(from));
  return `Converting from raw image file="${from}" to file="${to}"...\nCreating dynamic image with size 10737418240 bytes (10240MB)...\n`;
}
