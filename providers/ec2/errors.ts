// What AWS says when it refuses, in words.
import { messageOf, PalletError } from "../../engine/errors.ts";

/** Words for a refusal, and what to do now. */
interface Words {
  readonly codes: RegExp;
  readonly words: string;
  readonly help: string;
}

const credentials: readonly Words[] = [
  {
    codes: /^(ExpiredToken(Exception)?|RequestExpired|ExpiredTokenException)$/,
    words: "the credentials have expired",
    help:
      "Renew them (aws sso login, or new session credentials), then run the command again: what was made is known.",
  },
  {
    codes: /^(CredentialsProviderError|TokenProviderError|NotAuthorized.*|NoCredentials.*)$/,
    words: "there are no usable credentials",
    help:
      "Log in as for the AWS CLI (aws configure, aws sso login, AWS_PROFILE), or name a profile in the service.",
  },
  {
    codes:
      /^(AuthFailure|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClientException|MissingAuthenticationToken)$/,
    words: "AWS does not accept the credentials",
    help: "Check the profile and the access key, and that this machine's clock is right.",
  },
];

const refusals: readonly Words[] = [
  {
    codes: /^(UnauthorizedOperation|AccessDenied(Exception)?)$/,
    words: "the credentials do not permit it",
    help: "The permissions that are needed are in docs/guides/ec2.md.",
  },
  {
    codes:
      /^(RequestLimitExceeded|Throttling(Exception)?|TooManyRequestsException|RequestThrottled.*|EC2ThrottledException)$/,
    words: "AWS takes no more calls at the moment",
    help: "Run the command again in a while: it goes on where this one ended.",
  },
  {
    codes: /^Insufficient(InstanceCapacity|HostCapacity|ReservedInstanceCapacity|Capacity.*)$/,
    words: "AWS has no capacity for it now",
    help: "Run the command again later, or choose another zone or type.",
  },
  {
    codes:
      /^(InstanceLimitExceeded|VcpuLimitExceeded|MaxSpotInstanceCountExceeded|VolumeLimitExceeded|ResourceLimitExceeded|AddressLimitExceeded)$/,
    words: "a limit of the account is reached",
    help: "Destroy what is not needed, or ask AWS for a higher quota.",
  },
  {
    codes: /^InsufficientFreeAddressesInSubnet$/,
    words: "the subnet has no free addresses",
    help: "Name another subnet.",
  },
  {
    codes: /^SpotMaxPriceTooLow$/,
    words: "the spot price that is offered is too low",
    help: "Raise qos.spotPrice, or leave it out for an instance on demand.",
  },
  {
    codes: /^IdempotentParameterMismatch$/,
    words: "the same request was made before with other properties",
    help: "What it made is in the listing; run the command again.",
  },
  {
    codes: /^(PendingVerification|OptInRequired|Blocked)$/,
    words: "AWS has not enabled the account for it",
    help: "See the message of AWS, and the mail that it has sent.",
  },
];

/** Codes of what AWS throttles or fails at: nobody knows whether a call that ended so was carried out. */
const unknowns =
  /^(RequestLimitExceeded|Throttling.*|TooManyRequestsException|ServiceUnavailable|Unavailable|InternalError|InternalFailure|ServerInternal|TimeoutError|AbortError|.*Timeout|E[A-Z]+)$/;

function links(thrown: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at: unknown = thrown; at instanceof Error && chain.length < 10; at = at.cause) chain.push(at);
  return chain;
}

/** Code of AWS or of the system for what was thrown: `InsufficientInstanceCapacity`, `ECONNREFUSED`; empty if it has none. */
export function codeOf(thrown: unknown): string {
  for (const error of links(thrown)) {
    if (error instanceof PalletError) continue;
    const code = "code" in error && typeof error.code === "string" ? error.code : "";
    if (/^E[A-Z]+$/.test(code)) return code;
    return error.name;
  }
  return "";
}

/** Status of the answer; 0 when there was none. */
function statusOf(thrown: unknown): number {
  for (const error of links(thrown)) {
    if (!("$metadata" in error)) continue;
    const { $metadata: metadata } = error;
    if (typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata) {
      return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : 0;
    }
  }
  return 0;
}

/** Whether it is about who we are, and not about what was asked for. */
export function isCredentials(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return credentials.some(({ codes }) => codes.test(code));
}

/** Whether a call that ended so was certainly not carried out. */
export function isRefusal(thrown: unknown): boolean {
  const status = statusOf(thrown);
  // A lack of capacity is the server's error, and a clear answer all the same.
  if (/^Insufficient.*Capacity/.test(codeOf(thrown))) return true;
  return status >= 400 && status < 500 && !unknowns.test(codeOf(thrown)) && !isCredentials(thrown);
}

/** Whether something is not there, or not yet: what was just made is unknown to AWS for some seconds. */
export function isNotFound(thrown: unknown): boolean {
  return /NotFound$|\.Malformed$/.test(codeOf(thrown));
}

/** What AWS said, without what no person can read. */
function told(error: Error): string {
  return error.message.replace(/\s*Encoded authorization failure message:.*$/s, "").replace(/[.\s]+$/, "");
}

/**
 * An error of the SDK as ours.
 *
 * @param what What could not be done: `list instances in eu-west-1`.
 */
export function inWords(thrown: unknown, what: string): PalletError {
  if (thrown instanceof PalletError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(messageOf(thrown));
  const code = codeOf(error);
  if (error.message.startsWith("Region is missing")) {
    return new PalletError(`Cannot ${what}: no region is told`, {
      kind: "config",
      help: "Name one in the service (region: eu-west-1), in AWS_REGION, or in the profile.",
      cause: thrown,
    });
  }
  const known = [...credentials, ...refusals].find(({ codes }) => codes.test(code));
  if (known !== undefined) {
    return new PalletError(`Cannot ${what}: ${known.words} (${code}: ${told(error)})`, {
      kind: "provider",
      help: known.help,
      cause: thrown,
    });
  }
  const reason = /^E[A-Z]+$/.test(code) || code === "TimeoutError"
    ? `AWS cannot be reached (${told(error) || code})`
    : `${told(error)}${code === "" || code === "Error" ? "" : ` (${code})`}`;
  return new PalletError(`Cannot ${what}: ${reason}`, { kind: "provider", cause: thrown });
}
