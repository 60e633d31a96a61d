// Plays the hosts that crates come from: on loopback, by https with an authority of its own, and a JSR.
import { join } from "node:path";

/** What a host has under a path: a file, or whatever it answers. */
export type Reply = string | ((request: Request) => Response | Promise<Response>);

/** A running host. */
export interface CrateHost {
  /** `https://localhost:PORT`, or `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Its files by path; may be changed while it runs. */
  readonly files: Record<string, Reply>;
  /** Paths that were asked for, in order. */
  readonly requests: string[];
}

/** An authority and a certificate by it for `localhost`. */
export interface Certificates {
  /** File with the authority's certificate, for `DENO_CERT`. */
  readonly authority: string;
  readonly cert: string;
  readonly key: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ts: "text/typescript",
  js: "text/javascript",
  json: "application/json",
};

async function openssl(folder: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args: [...args], cwd: folder }).output();
  if (!success) throw new Error(`openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Makes certificates in a folder. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const ca = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"];
  await openssl(
    folder,
    "req",
    "-x509",
    ...curve,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-subj",
    "/CN=Test CA",
    ...ca,
  );
  await openssl(folder, "req", ...curve, "-keyout", "host.key", "-out", "host.csr", "-subj", "/CN=localhost");
  await Deno.writeTextFile(
    join(folder, "ext"),
    "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
  );
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext"];
  await openssl(folder, "x509", "-req", "-in", "host.csr", "-out", "host.pem", ...signed);
  return {
    authority: join(folder, "ca.pem"),
    cert: await Deno.readTextFile(join(folder, "host.pem")),
    key: await Deno.readTextFile(join(folder, "host.key")),
  };
}

/** Runs something with a host, and closes the host. */
export async function withCrateHost<T>(
  files: Record<string, Reply>,
  run: (host: CrateHost) => Promise<T>,
  certificates?: Certificates,
): Promise<T> {
  const requests: string[] = [];
  const secure = certificates === undefined ? {} : { cert: certificates.cert, key: certificates.key };
  const closing = new AbortController();
  const server = Deno.serve(
    { ...secure, port: 0, hostname: "127.0.0.1", signal: closing.signal, onListen() {}, onError: broken },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      requests.push(pathname + search);
      const reply = files[pathname + search] ?? files[pathname];
      if (reply === undefined) {
        return new Response("<h1>Not found</h1>", { status: 404, headers: { "content-type": "text/html" } });
      }
      if (typeof reply !== "string") return await reply(request);
      return serveText(request, pathname, reply);
    },
  );
  const { port } = server.addr;
  const url = certificates === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  try {
    return await run({ url, files, requests });
  } finally {
    closing.abort();
    await server.finished;
  }
}

function broken(): Response {
  return new Response("broken", { status: 500 });
}

async function serveText(request: Request, path: string, text: string): Promise<Response> {
  const bytes = new TextEncoder().encode(text);
  const etag = `"${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 16)}"`;
  if (request.headers.get("if-none-match") === etag) {
    return new Response(null, { status: 304, headers: { etag } });
  }
  const type = TYPES[/\.(\w+)$/.exec(path)?.[1] ?? ""] ?? "text/plain";
  return new Response(bytes, { headers: { "content-type": type, etag } });
}

/** A version of a package of JSR. */
export interface JsrVersion {
  readonly exports: string | Readonly<Record<string, string>>;
  /** Sources by their path, which begins with a slash. */
  readonly files: Readonly<Record<string, string>>;
  readonly yanked?: boolean;
}

/** Files of a JSR with these packages: `{ "@scope/name": { "1.2.3": ... } }`. */
export async function jsrFiles(
  packages: Readonly<Record<string, Readonly<Record<string, JsrVersion>>>>,
): Promise<Record<string, Reply>> {
  const all: Record<string, Reply> = {};
  for (const [name, versions] of Object.entries(packages)) {
    const known = Object.entries(versions).map((
      [version, { yanked }],
    ) => [version, yanked ? { yanked } : {}]);
    all[`/${name}/meta.json`] = JSON.stringify({ scope: name, name, versions: Object.fromEntries(known) });
    for (const [version, { exports, files }] of Object.entries(versions)) {
      const manifest: Record<string, { size: number; checksum: string }> = {};
      for (const [path, text] of Object.entries(files)) {
        all[`/${name}/${version}${path}`] = text;
        const bytes = new TextEncoder().encode(text);
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
        manifest[path] = { size: bytes.length, checksum: `sha256-${digest}` };
      }
      all[`/${name}/${version}_meta.json`] = JSON.stringify({ exports, manifest, moduleGraph2: {} });
    }
  }
  return all;
}
