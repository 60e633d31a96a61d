// An ssh agent, asked over its socket (draft-ietf-sshm-ssh-agent): which keys it has, and signatures by them.
import { messageOf } from "../../errors.ts";
import { joined } from "../../bytes.ts";
import { field, FieldReader, uint32 } from "../wire.ts";

/** A key that an agent has. */
export interface AgentKey {
  /** Its public half, or a certificate, as ssh sends it. */
  readonly blob: Uint8Array;
  readonly comment: string;
}

/** An agent that does not do what it is asked, in words that follow `the agent SOCKET`. */
export class AgentError extends Error {
  override readonly name = "AgentError";
}

const ASK = { list: 11, sign: 13 } as const;
const ANSWER = { failure: 5, list: 12, signature: 14 } as const;
/** Bytes that an answer may have; OpenSSH's own limit. */
const LONGEST = 256 * 1024;
const FLAGS: Readonly<Record<string, number>> = { "rsa-sha2-256": 2, "rsa-sha2-512": 4 };

/** Seconds to wait for the list, and for a signature, which a person may have to allow. */
const PATIENCE = { list: 3, sign: 60 } as const;

/** An ssh agent behind a socket; each question is a connection of its own. */
export class SshAgent {
  readonly #patience: { readonly list: number; readonly sign: number };

  constructor(readonly socket: string, patience: { list: number; sign: number } = PATIENCE) {
    this.#patience = patience;
  }

  /** @throws {AgentError} */
  async keys(): Promise<readonly AgentKey[]> {
    const answer = new FieldReader(await this.#ask(Uint8Array.of(ASK.list), this.#patience.list));
    if (answer.take(1)[0] !== ANSWER.list) throw new AgentError("does not tell its keys");
    const keys: AgentKey[] = [];
    for (let left = answer.uint32(); left > 0; left--) {
      keys.push({ blob: answer.string(), comment: answer.text() });
    }
    return keys;
  }

  /** A signature as ssh sends it; RSA keys sign by `rsa-sha2-256` or `rsa-sha2-512`. @throws {AgentError} */
  async sign(blob: Uint8Array, data: Uint8Array, algorithm: string): Promise<Uint8Array> {
    const request = [Uint8Array.of(ASK.sign), field(blob), field(data), uint32(FLAGS[algorithm] ?? 0)];
    const answer = new FieldReader(await this.#ask(joined(request), this.#patience.sign));
    if (answer.take(1)[0] !== ANSWER.signature) throw new AgentError("refused to sign (it may be locked)");
    return answer.string();
  }

  async #ask(request: Uint8Array, seconds: number): Promise<Uint8Array> {
    let connection: Deno.UnixConn | undefined;
    let late = false;
    const { promise: alarm, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late = true;
      connection?.close();
      reject(new AgentError(`does not answer within ${seconds} s`));
    }, seconds * 1000);
    const talk = async () => {
      connection = await Deno.connect({ transport: "unix", path: this.socket });
      if (late) return connection.close();
      await writeAll(connection, field(request));
      const [length] = [new FieldReader(await readBytes(connection, 4)).uint32()];
      if (length < 1 || length > LONGEST) throw new AgentError("answers with what is no answer");
      return await readBytes(connection, length);
    };
    const answer = talk();
    answer.catch(() => {}); // after the alarm it is nobody's
    try {
      return await Promise.race([answer, alarm]) ?? await alarm;
    } catch (thrown) {
      if (thrown instanceof AgentError) throw thrown;
      throw new AgentError(`cannot be asked: ${reasonOf(thrown)}`, { cause: thrown });
    } finally {
      clearTimeout(timer);
      if (!late) connection?.close();
    }
  }
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof Deno.errors.NotFound) return "there is no such socket";
  if (thrown instanceof Deno.errors.ConnectionRefused) return "nobody listens there";
  return messageOf(thrown);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function readBytes(connection: Deno.Conn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await connection.read(bytes.subarray(at));
    if (read === null) throw new AgentError("ended the connection");
    at += read;
  }
  return bytes;
}
