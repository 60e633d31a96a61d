import { messageOf } from "../../errors.ts";
import type { Refusal } from "../types.ts";

/** Why something could not be fetched, and whether it may be worth another attempt. */
export class Trouble extends Error {
  constructor(readonly refusal: Refusal, readonly again: boolean) {
    super(refusal.refused);
  }
}

/** Trouble that stays however often one asks. */
export function refusedBy(refused: string, help: string): Trouble {
  return new Trouble({ refused, help }, false);
}

/** What a status other than 200 means. */
export function again(status: number, text: string, told: boolean): Trouble {
  const said = `its host answered ${status}${text === "" ? "" : ` ${text}`}`;
  switch (status) {
    case 401:
    case 403:
      return refusedBy(
        said,
        told
          ? "The credentials of DENO_AUTH_TOKENS or ~/.netrc for this host are not enough."
          : "If it is private, put credentials into DENO_AUTH_TOKENS (TOKEN@HOST) or ~/.netrc.",
      );
    case 404:
    case 410:
      return refusedBy(said, "Correct its URL or version.");
    default:
      return new Trouble({ refused: said, help: "Try again later." }, status === 429 || status >= 500);
  }
}

/** What every failed request says first. */
const PREFIX = /^error sending request for url \([^)]*\):\s*/;

/** All that a chain of causes says, innermost last, each said once. */
function chain(error: unknown): string {
  const said: string[] = [];
  for (let at = error; at !== undefined && at !== null; at = at instanceof Error ? at.cause : undefined) {
    const message = messageOf(at);
    if (!said.some((earlier) => earlier.includes(message))) said.push(message);
  }
  return said.join(": ");
}

/** No answer at all, through a proxy of the project's environment or without. */
export function unreachable(error: unknown, proxy?: string): Trouble {
  const said = chain(error);
  const refusal = (what: string, help: string): Refusal => ({ refused: what, help, cause: error });
  if (/UnknownIssuer|certificate|CertNot|BadSignature/i.test(said)) {
    return new Trouble(
      refusal(
        `its host's certificate is not trusted: ${certificateReason(said)}`,
        "If it is your organisation's, name a file with its authority's certificate in DENO_CERT or SSL_CERT_FILE.",
      ),
      false,
    );
  }
  if (/dns error|failed to lookup|name resolution|No such host/i.test(said)) {
    return new Trouble(
      refusal(
        "the name of its host is not known",
        "Correct its URL, or look at the network; --offline works with what was fetched before.",
      ),
      false,
    );
  }
  if (proxy !== undefined && /tunnel|proxy|\bConnect\b/i.test(said)) {
    const { host } = new URL(proxy);
    return new Trouble(
      refusal(
        `it cannot be had through the proxy ${host}: ${said.replace(PREFIX, "")}`,
        "The proxy is environment.proxy of the configuration, as nothing else is said here: HTTPS_PROXY names another " +
          "for this machine, NO_PROXY=* none.",
      ),
      true,
    );
  }
  return new Trouble(
    refusal(
      `its host cannot be reached: ${said.replace(PREFIX, "")}`,
      "Look at the network and at HTTPS_PROXY; --offline works with what was fetched before.",
    ),
    true,
  );
}

function certificateReason(said: string): string {
  return /invalid peer certificate: [^:(]*/.exec(said)?.[0].trim() ?? said;
}
