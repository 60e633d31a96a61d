// Plays hosts that nodes download from, and that fail in all the ways that there are.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Action } from "../../engine/actions/action.ts";
import { remoteFile, type RemoteFileOptions } from "../../engine/actions/list.ts";
import { type ThrowawayRoot, withThrowawayRoot } from "./throwaway.ts";

/** A running host. */
export interface FileHost {
  readonly url: string;
  /** Requests, as far as their paths; those to it as a proxy with whole URLs. */
  readonly requests: string[];
}

/** What {@linkcode withFileHost} serves as `/file`. */
export const FILE: Uint8Array<ArrayBuffer> = Uint8Array.from(
  { length: 100_000 },
  (_, at) => (at * at + at) % 251,
);

/** SHA-256 of {@linkcode FILE}. */
export const FILE_SHA256: string = createHash("sha256").update(FILE).digest("hex");

const PAGE = "\n<!DOCTYPE html><title>Log in</title>";

/** A body of so many bytes a go, and a pause in seconds after each; without end. */
function endless(bytes: number, pause: number): Response {
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause * 1000));
      controller.enqueue(new Uint8Array(bytes));
    },
  });
  return new Response(body);
}

function answer(url: URL, times: number): Response {
  switch (url.pathname) {
    case "/file":
      return new Response(FILE);
    case "/moved":
      return new Response(null, { status: 302, headers: { location: "/file" } });
    case "/loop":
      return new Response(null, { status: 302, headers: { location: "/loop" } });
    case "/elsewhere":
      return new Response(null, { status: 302, headers: { location: "file:///etc/hostname" } });
    case "/page":
      return new Response(PAGE, { headers: { "content-type": "text/html" } });
    case "/busy":
      return times < 2 ? new Response("", { status: 503 }) : new Response(FILE);
    case "/endless":
      return endless(65536, 0);
    case "/drip":
      return endless(1, 0.2);
    default:
      // Hostile names, at which the file is too.
      return url.pathname.startsWith("/odd/") ? new Response(FILE) : new Response("none", { status: 404 });
  }
}

/**
 * Serves the file of `/file` and those that fail, on loopback; as a proxy it knows every host. With a certificate it
 * speaks https.
 */
export async function withFileHost<T>(
  use: (host: FileHost) => Promise<T>,
  certificate?: { readonly cert: string; readonly key: string },
): Promise<T> {
  const requests: string[] = [];
  const options = { port: 0, hostname: "127.0.0.1", onListen() {}, ...certificate };
  const server = Deno.serve(options, ({ url }) => {
    const asked = new URL(url);
    requests.push(asked.hostname === "127.0.0.1" ? asked.pathname : url);
    return answer(asked, requests.filter((path) => path === asked.pathname).length);
  });
  try {
    return await use({
      url: `http${certificate === undefined ? "" : "s"}://127.0.0.1:${server.addr.port}`,
      requests,
    });
  } finally {
    await server.shutdown();
  }
}

/** A host that closes each connection in the middle of an answer, and keeps what it was asked. */
export async function withCutHost<T>(use: (url: string, asked: readonly string[]) => Promise<T>): Promise<T> {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const asked: string[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      const buffer = new Uint8Array(4096);
      const read = await connection.read(buffer);
      asked.push(new TextDecoder().decode(buffer.subarray(0, read ?? 0)));
      await connection.write(
        new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf"),
      );
      connection.close();
    }
  })();
  try {
    return await use(`http://127.0.0.1:${listener.addr.port}`, asked);
  } finally {
    listener.close();
    await serving;
  }
}

/** What bash prints that must succeed. */
export async function out(root: ThrowawayRoot, bash: string): Promise<string> {
  const { code, stdout, stderr } = await root.bash(bash);
  assert.equal(code, 0, `${bash}: ${stderr}`);
  return stdout;
}

/** Nothing of a download is left beside the files. */
export async function noneLeft(root: ThrowawayRoot): Promise<void> {
  assert.equal(await out(root, "find /srv -name '.pallet*'"), "");
}

/** What tests of downloads have. */
export interface Downloads {
  readonly root: ThrowawayRoot;
  readonly host: FileHost;
  /** `/srv/a` from a path of the host. */
  readonly download: (path: string, options?: RemoteFileOptions) => Action;
}

/** A host and a root that has but one program to download with. */
export async function withDownloads(
  tool: "curl" | "wget",
  use: (downloads: Downloads) => Promise<void>,
): Promise<void> {
  await withFileHost((host) =>
    withThrowawayRoot(async (root) => {
      await out(root, `command -v ${tool} && rm "$(command -v ${tool === "curl" ? "wget" : "curl"})"`);
      const download = (path: string, options: RemoteFileOptions = {}) =>
        remoteFile("/srv/a", { url: `${host.url}${path}`, sha256: FILE_SHA256, ...options });
      await use({ root, host, download });
    })
  );
}
