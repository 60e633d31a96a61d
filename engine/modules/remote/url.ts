import type { Refusal } from "../types.ts";

/** Whether a URL is one that is fetched. */
export function isRemote(url: string): boolean {
  return /^https?:/.test(url);
}

/** Whether a host is this machine, reached without a network. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** What stands in the way of fetching from a URL, for a module of another or for the user. */
export function refuseUrl(url: URL, importer?: string): Refusal | undefined {
  if (url.username !== "" || url.password !== "") {
    return {
      refused: "its URL holds a user or a password, which would go into pallet.lock and into messages",
      help: "Take them out of the URL, and put them into DENO_AUTH_TOKENS (TOKEN@HOST) or ~/.netrc.",
    };
  }
  if (url.protocol === "https:") return undefined;
  if (url.protocol !== "http:" || !isLoopback(url)) {
    return {
      refused: `crates are fetched by https, not by ${url.protocol.slice(0, -1)}`,
      help: "Write https:. Only this machine itself (http://localhost, http://127.0.0.1) may do without.",
    };
  }
  if (importer?.startsWith("https:") !== true) return undefined;
  return {
    refused: "a crate from the web cannot reach into this machine",
    help: `Tell the author of ${importer}.`,
  };
}
