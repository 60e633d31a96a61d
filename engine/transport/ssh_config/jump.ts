import type { JumpHop } from "../ssh_settings.ts";

/** A port as a number, or the one service that everybody has by name. */
export function parsePort(text: string): number | undefined {
  if (text.toLowerCase() === "ssh") return 22;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port < 65536 ? port : undefined;
}

/** A host name as it may stand in an ssh URI. */
export function isDomain(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name) && !name.includes("..");
}

function hop(user: string | undefined, place: string): JumpHop | undefined {
  const [, bracketed, plain, after] = /^(?:\[([^\]]*)\]|([^:/[]*))(?:[:/](.*))?$/s.exec(place) ?? [];
  const host = bracketed ?? plain ?? "";
  if (host === "" || user === "") return undefined;
  const port = after === undefined || after === "" ? undefined : parsePort(after);
  if (after !== undefined && after !== "" && port === undefined) return undefined;
  return {
    host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function parseUri(text: string): JumpHop | undefined {
  const at = text.indexOf("@");
  const user = at < 0 ? undefined : decode(text.slice(0, at).replace(/;.*$/, "")) ?? "";
  const found = hop(user, text.slice(at + 1).replace(/\/$/, ""));
  return found !== undefined && isDomain(found.host) ? found : undefined;
}

/** One hop: `[user@]host[:port]`, an IPv6 address in brackets, or `ssh://...`; nothing when it is none. */
function parseHop(text: string): JumpHop | undefined {
  if (text.startsWith("ssh://")) return parseUri(text.slice("ssh://".length));
  const at = text.lastIndexOf("@");
  return hop(at < 0 ? undefined : text.slice(0, at), text.slice(at + 1));
}

/**
 * The hops of a `ProxyJump`, nearest first; none for `none`, nothing when a hop is not one.
 *
 * @example
 * ```ts
 * import { parseJump } from "./jump.ts";
 *
 * const hops = parseJump("ops@gate.example.org:2222,[fd00::1]");
 * console.assert(hops?.[0]?.port === 2222 && hops[1]?.host === "fd00::1");
 * ```
 */
export function parseJump(text: string): readonly JumpHop[] | undefined {
  const spec = text.replace(/#.*$/s, "").trimEnd();
  if (spec.toLowerCase() === "none") return [];
  const hops = spec.split(",").map(parseHop);
  return hops.every((one) => one !== undefined) ? hops : undefined;
}
