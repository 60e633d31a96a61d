import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { line } from "./fields.ts";
import { waitEntries, waitLibrary, type WaitOptions, waitWords } from "./waiting.ts";

const status = v.pipe(
  v.number(),
  v.check((value) => Number.isInteger(value) && value >= 100 && value <= 599, "must be an HTTP status"),
);

const schema = object({
  url: v.pipe(
    line,
    v.regex(/^https?:\/\/[^\s/]/, "must be an http or https URL"),
    v.regex(/^\S+$/, "must have no spaces"),
  ),
  status: v.optional(
    v.pipe(
      v.unknown(),
      v.transform((given) => typeof given === "number" ? [given] : given),
      v.array(status),
      v.nonEmpty("must name a status"),
    ),
    200,
  ),
  ...waitEntries,
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode waitForHttp}. */
export interface WaitForHttpOptions extends WaitOptions {
  /** The status, or any of several, that ends the wait; 200 unless told. Redirections are not followed. */
  readonly status?: number | readonly number[];
}

/** How a {@linkcode waitForHttp} action becomes bash. */
export const waitForHttpAction: ActionDefinition<Args> = {
  kind: "waitForHttp",
  schema,
  subject: (args) => args.url,
  describe: (args) => args.url,
  provides: () => [],
  needs: () => [],
  script: (args) =>
    sh`pallet_wait ${waitWords(args)} ${`${args.url} answers with ${
      args.status.join(" or ")
    }`} pallet_http ${args.url} ${args.status}`,
  library: [
    waitLibrary,
    sh`
pallet_http() { # URL STATUS...: whether the answer has one of these
  local url=$1 wanted seen
  shift
  if command -v curl >/dev/null; then
    seen=$(curl --silent --globoff --output /dev/null --max-time 10 --noproxy '*' --write-out '%{http_code}' -- "$url") || true
  elif [[ $url == http:* ]]; then
    pallet_http_plain "$url"
    seen=$pallet_status
  else
    pallet_fail "Cannot wait for $url: https needs curl, which is not on this node"
  fi
  for wanted in "$@"; do
    [[ $seen != "$wanted" ]] || return 0
  done
  case $seen in
    '' | 000) pallet_seen='there was no answer' ;;
    *) pallet_seen="the last answer was $seen" ;;
  esac
  return 1
}

pallet_http_plain() { # URL; sets pallet_status: of the answer to a plain request, where there is no curl
  local rest=\${1#http://} host port=80 page=/
  host=\${rest%%/*}
  [[ $rest != */* ]] || page=/\${rest#*/}
  page=\${page%%#*}
  if [[ $host =~ ^(.*):([0-9]+)$ ]]; then
    host=\${BASH_REMATCH[1]} port=\${BASH_REMATCH[2]}
  fi
  host=\${host#[} host=\${host%]}
  pallet_status=$(
    timeout 10 bash -c '
      exec 3<>"/dev/tcp/$1/$2"
      printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$3" "$1" >&3
      read -r _ status _ <&3
      printf %s "$status"
    ' http "$host" "$port" "$page" 2>/dev/null
  ) || true
}
`.text,
  ],
};

/**
 * Waits until a URL answers with a status, as the node sees it: by curl, or by bash alone for http where there is no curl.
 *
 * @throws {PalletError} for what is no http or https URL, or a wrong option.
 *
 * @example
 * ```ts
 * import { waitForHttp } from "pallet";
 *
 * waitForHttp("http://127.0.0.1/health", { status: [200, 204], maxRetries: 10, standoff: 1 });
 * ```
 */
export function waitForHttp(url: string, options: WaitForHttpOptions = {}): Action {
  return makeAction(waitForHttpAction, { url, ...options });
}
