import { fileURLToPath, pathToFileURL } from "node:url";

/** The URL of a path, percent-encoded where needed. */
export function toFileUrl(path: string): string {
  return pathToFileURL(path).href;
}

/** The path of a `file:` URL. */
export function fromFileUrl(url: string): string {
  return fileURLToPath(url);
}
