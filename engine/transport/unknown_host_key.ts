import type { Ask } from "./ask.ts";
import type { SettledRoute } from "./connection.ts";
import { remember } from "./host_key_files.ts";
import { HostKeyError, whereIs } from "./problems.ts";
import { fingerprintOf, keyType } from "./public_key.ts";

/** A key that nobody has told of. */
interface Unknown {
  readonly route: SettledRoute;
  readonly key: Uint8Array;
  /** Where it would be remembered. */
  readonly file: string;
  /** Where people keep such keys. */
  readonly userFile: string | undefined;
  /** Where an authority stands whose certificate the host could have shown. */
  readonly authority: string | undefined;
}

/** Nobody has told of a host's key; a person may decide. */
export class UnknownHostKey extends HostKeyError {
  readonly unknown: Unknown;

  constructor(unknown: Unknown) {
    const { route, key, file, userFile, authority } = unknown;
    const missing = authority === undefined
      ? ""
      : `, and it shows no certificate of the authority at ${authority}`;
    super(
      `Refused to log in to ${whereIs(route)}: nobody has told of its host key ${
        fingerprintOf(key)
      }${missing}`,
      {
        kind: "unreachable",
        help: `Compare it with "ssh-keygen -lf" on the node, then pass --accept-new-host-keys, or add ` +
          `the key to ${userFile ?? file}.`,
      },
    );
    this.unknown = unknown;
  }
}

/** The one inside an error, or among its causes: a jump host's comes wrapped. */
export function unknownHostKeyIn(thrown: unknown): UnknownHostKey | undefined {
  if (thrown instanceof UnknownHostKey) return thrown;
  return thrown instanceof Error ? unknownHostKeyIn(thrown.cause) : undefined;
}

/** Times that an answer which is none is asked for again. */
const TRIES = 3;

/** Asks a person about host keys, about each once a run, and remembers those that are right. */
export class HostKeyQuestions {
  readonly #ask: Ask;
  readonly #answers = new Map<string, Promise<boolean>>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Whether a key is the right one. */
  confirmed({ unknown }: UnknownHostKey): Promise<boolean> {
    const name = `${unknown.route.hostKeyAlias} ${fingerprintOf(unknown.key)}`;
    const answer = this.#answers.get(name) ?? this.#confirm(unknown);
    this.#answers.set(name, answer);
    return answer;
  }

  async #confirm({ route, key, file }: Unknown): Promise<boolean> {
    const print = fingerprintOf(key);
    const where = whereIs(route);
    let text = `The host key of ${where} is ${print} (${keyType(key)}). Continue? (yes/no/fingerprint) `;
    for (let tries = 1; tries <= TRIES; tries++) {
      const answer = (await this.#ask({ kind: "host-key", text }))?.trim();
      // What looks like a fingerprint and is another one is an answer, too.
      if (answer === undefined || /^no?$/i.test(answer) || isOther(answer, print)) return false;
      if (/^yes$/i.test(answer) || answer === print) {
        remember(file, route.hostKeyAlias, key);
        return true;
      }
      text = `Type "yes", "no" or the fingerprint of ${where} (${tries + 1} of ${TRIES}): `;
    }
    return false;
  }
}

function isOther(answer: string, print: string): boolean {
  return answer.startsWith("SHA256:") && answer !== print;
}
