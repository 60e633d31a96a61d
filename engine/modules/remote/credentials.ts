import { join } from "node:path";

type Env = (name: string) => string | undefined;

/** What to say to a host, by its name and port as URLs write them. */
export type Credentials = ReadonlyMap<string, string>;

function basic(user: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}

/** `TOKEN@HOST;USER:PASSWORD@HOST:PORT` */
function fromTokens(text: string): readonly (readonly [string, string])[] {
  return text.split(";").flatMap((entry) => {
    const at = entry.lastIndexOf("@");
    const [said, host] = [entry.slice(0, at).trim(), entry.slice(at + 1).trim().toLowerCase()];
    if (at < 1 || host === "") return [];
    const colon = said.indexOf(":");
    return [[host, colon < 0 ? `Bearer ${said}` : basic(said.slice(0, colon), said.slice(colon + 1))]];
  });
}

/** Entries of a .netrc file; its `default` is left out, as it would tell every host. */
function fromNetrc(text: string): readonly (readonly [string, string])[] {
  const lines = text.replace(/^[ \t]*macdef\b[^]*?(?:\n[ \t]*\n|(?![^]))/gm, "\n").replace(
    /^[ \t]*#.*$/gm,
    "",
  );
  const words = [...lines.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)]
    .map((match) => match[1]?.replace(/\\(.)/g, "$1") ?? match[2] ?? "");
  const found = new Map<string, { login?: string; password?: string }>();
  let entry: { login?: string; password?: string } = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === "default") entry = {};
    else if (word === "machine") {
      entry = {};
      const host = (words[++at] ?? "").toLowerCase();
      if (!found.has(host)) found.set(host, entry);
    } else if (word === "login") entry.login = words[++at] ?? "";
    else if (word === "password") entry.password = words[++at] ?? "";
  }
  return [...found].flatMap(([host, { login, password }]) =>
    password === undefined ? [] : [[host, basic(login ?? "", password)]]
  );
}

/** Reads credentials for private hosts: `DENO_AUTH_TOKENS`, and `.netrc` for what that does not say. */
export async function readCredentials(env: Env): Promise<Credentials> {
  const home = env("HOME") ?? env("USERPROFILE");
  const path = env("NETRC") ?? (home === undefined ? undefined : join(home, ".netrc"));
  // One that cannot be read is as none: the host will say that it wants to know who asks.
  const netrc = path === undefined ? "" : await Deno.readTextFile(path).catch(() => "");
  return new Map([...fromNetrc(netrc), ...fromTokens(env("DENO_AUTH_TOKENS") ?? "")]);
}

/** The `Authorization` for a URL; a host with a port is told what is for this port, or for the host. */
export function authorizationFor(url: URL, credentials: Credentials): string | undefined {
  return credentials.get(url.host) ?? credentials.get(url.hostname);
}
