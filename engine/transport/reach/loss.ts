// Why a connection that stood was lost, in words.
import { codeOf } from "./tcp_errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ECONNRESET: "the connection was reset",
  ECONNABORTED: "the connection was reset",
  EPIPE: "the connection was closed",
  ETIMEDOUT: "it does not answer any more",
  EHOSTUNREACH: "there is no route to it any more",
  ENETUNREACH: "there is no route to it any more",
  ENETDOWN: "the network of this machine is down",
};

/**
 * What ended a connection, for people.
 *
 * @example
 * ```ts
 * import { lossOf } from "./loss.ts";
 *
 * console.assert(lossOf(new Error("Keepalive timeout")) === "it gave no sign of life any more");
 * ```
 */
export function lossOf(error: Error): string {
  if (error.message === "Keepalive timeout") return "it gave no sign of life any more";
  return REASONS[codeOf(error)] ?? error.message;
}
