// From nothing to a session: the channel, root, and the lease of the node.
import { PalletError } from "../errors.ts";
import { AGENT_PROGRAM, agentCommand, type AgentOptions, type NodePaths, type Privilege } from "./agent.ts";
import { Becoming } from "./become.ts";
import type { ChannelEvents, OpenChannel } from "./channel.ts";
import type { ConnectOptions } from "./connection.ts";
import { Deadline } from "./deadline.ts";
import { Dialogue } from "./dialogue.ts";
import { parseFacts } from "./facts.ts";
import { TurnedAway } from "./handshakes.ts";
import type { Passwords } from "./passwords.ts";
import { busyError, ConnectionLost, failedError, parseBusy, startError } from "./problems.ts";
import { Session } from "./session.ts";

/** Attempts that are worth making when a connection is cut before it is of use. */
const AFTER_CUT = 3;

/** What a connection is made with, whatever carries it. */
export interface NodeOptions extends ConnectOptions {
  readonly open: OpenChannel;
  /** For messages: `web-1 (10.0.0.5:22)`. */
  readonly where: string;
  readonly paths: NodePaths;
  readonly privilege: Privilege;
  /** What the user becomes root with, should the node ask. */
  readonly passwords: Passwords;
}

/** How long one attempt may take, in seconds. */
export interface AttemptLimits {
  /** To wait for another run's lease. */
  readonly leaseWait: number;
  /** For everything else. */
  readonly timeout: number;
  /** What a host's own, longer limit is cut to. */
  readonly atMost?: number;
}

/**
 * One attempt: from nothing to the lease.
 *
 * @param again told when the channel is opened anew, as nothing was done by the one before
 * @throws {TurnedAway} when the connection was cut before it was of use: another attempt may do better. {@linkcode PalletError}
 * of kind `action` when another run holds the node, of kind `unreachable` when it cannot be reached or worked on.
 */
export async function openSession(
  options: NodeOptions,
  { leaseWait, timeout, atMost = Infinity }: AttemptLimits,
  again: () => void = () => {},
): Promise<Session> {
  const { lease, cloudInitTimeout, paths, privilege, where } = options;
  const deadline = new Deadline(where, timeout, atMost);
  const signals = options.signal === undefined ? [deadline.signal] : [deadline.signal, options.signal];
  let cut = false;
  const open: OpenChannel = (command, events, signal) =>
    options.open(command, {
      ...events,
      queued: () => deadline.queued(),
      begun: (limit, where) => deadline.begun(limit, where),
      again,
      closed(reason, lost = false) {
        cut = lost;
        events.closed(reason, lost);
      },
    }, signal);
  try {
    return await greet(open, { lease, leaseWait, cloudInitTimeout, paths, privilege }, {
      where,
      waiting: () => deadline.restart(leaseWait + timeout),
      starting: (seconds) => {
        deadline.restart(seconds + timeout);
        options.onStarting?.();
      },
      hold: (on) => on ? deadline.queued() : deadline.begun(),
      passwords: options.passwords,
      isGone: options.isGone ?? (() => Promise.resolve(false)),
      step: (missing) => deadline.step(missing),
      signal: AbortSignal.any(signals),
    });
  } catch (thrown) {
    if (!(thrown instanceof ConnectionLost)) throw thrown;
    if (cut) {
      throw new TurnedAway(thrown.message, {
        help: "See the log of its sshd, and what is in between.",
        attempts: AFTER_CUT,
        cause: thrown,
      });
    }
    throw new PalletError(`Cannot connect to ${where}: ${thrown.message}`, {
      kind: "unreachable",
      help: "See whether the node runs and lets this machine in.",
      cause: thrown,
    });
  } finally {
    deadline.stop();
  }
}

/** What greeting a node may tell and be told. */
interface Greeting {
  /** For messages. */
  readonly where: string;
  /** Called when another run has the node and this one waits for it. */
  readonly waiting: () => void;
  /** Called when the node is still busy with its first start and is waited for, with the seconds that may take. */
  readonly starting: (seconds: number) => void;
  /** Whether the owner of another run's lease is known to be gone. */
  readonly isGone: (owner: string) => Promise<boolean>;
  readonly passwords: Passwords;
  /** While it is `true`, a person or another node is waited for: no time is counted. */
  readonly hold: (on: boolean) => void;
  readonly step: ChannelEvents["step"];
  readonly signal: AbortSignal;
}

/** Starts the loop, as root, and waits until it has the lease. */
async function greet(
  open: OpenChannel,
  options: Omit<AgentOptions, "mark" | "token">,
  greeting: Greeting,
): Promise<Session> {
  const { where, passwords, hold, step, signal } = greeting;
  const mark = crypto.randomUUID();
  const token = `pallet${crypto.randomUUID().replaceAll("-", "")}`;
  const factLines: string[] = [];
  let becoming: Becoming | undefined;
  const dialogue = new Dialogue(mark, {
    said: (text) => becoming?.hear(text),
    speaks: () => becoming?.close(true),
    fact: (line) => factLines.push(line),
    starting: greeting.starting,
    waiting: (line) => {
      greeting.waiting();
      // Should the channel be lost meanwhile, whoever waits for the lease hears of it.
      answerWaiting(dialogue, line, greeting.isGone).catch(() => {});
    },
    closed: () => becoming?.close(false),
  });
  if (options.privilege !== "none" && options.privilege !== "stay") {
    becoming = new Becoming({
      where,
      method: options.privilege,
      token,
      program: AGENT_PROGRAM,
      passwords,
      send: (text) => void dialogue.write(new TextEncoder().encode(text)),
      fail: (error) => dialogue.fail(error),
      hold,
      step,
    });
  }
  const ready = dialogue.next();
  const channel = await open(agentCommand({ ...options, mark, token }), { ...dialogue.events, step }, signal);
  dialogue.begin(channel);
  const abort = () => channel.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    if (signal.aborted) abort();
    const { line } = await ready;
    if (line.startsWith("@busy ")) throw busyError(where, line);
    if (line.startsWith("@failed ")) throw failedError(where, line);
    dialogue.head = Number(line.slice("@ready ".length));
    return new Session(dialogue, where, parseFacts(factLines, Date.now()));
  } catch (thrown) {
    channel.close();
    throw whyNot(thrown, dialogue, becoming?.begun === true, where, signal);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Why a channel did not come to a session: what was said before the loop spoke may tell. */
function whyNot(
  thrown: unknown,
  dialogue: Dialogue,
  becoming: boolean,
  where: string,
  signal: AbortSignal,
): unknown {
  const { speaks, ended, noise } = dialogue;
  const begun = speaks || becoming;
  if (signal.aborted) {
    const outOfTime = signal.reason instanceof PalletError;
    return begun || !outOfTime ? signal.reason : startError(where, noise, false, signal.reason);
  }
  const silent = thrown instanceof ConnectionLost && (ended || noise.trim() !== "");
  return silent && !begun ? startError(where, noise, true, thrown) : thrown;
}

/** Another run has the node: says whether it is gone. */
async function answerWaiting(
  dialogue: Dialogue,
  line: string,
  isGone: (owner: string) => Promise<boolean>,
): Promise<void> {
  const { run, owner } = parseBusy(line);
  const gone = owner !== undefined && await isGone(owner);
  await dialogue.send(gone ? `gone ${run}` : "alive");
}
