/** What a channel tells of itself. */
export interface ChannelEvents {
  stdout(bytes: Uint8Array): void;
  stderr(bytes: Uint8Array): void;
  /** A step begins; if time runs out in it, this says what is missing: "no ssh banner". */
  step(missing: () => string): void;
  /** Others are before it: the time until {@linkcode begun} is not its own. */
  queued?(): void;
  /** Its turn to connect has come; the host may have a limit of its own, in seconds; `where` it is, for messages. */
  begun?(limit?: number, where?: string): void;
  /** Another attempt is made; the one before has done nothing. */
  again?(): void;
  /** Once, and the last of all: nothing else comes. The reason is for people; `cut`: what carried it was lost. */
  closed(reason: string, cut?: boolean): void;
}

/** A program on the other side: its input, its two outputs, its end. */
export interface Channel {
  /** Resolves when more may be written. A channel that has closed takes nothing and says so by `closed`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the channel and whatever carries it; a second call does nothing. */
  close(): void;
  /** Bytes that went over the wire, both ways. */
  readonly bytes: { readonly sent: number; readonly received: number };
}

/** Starts a command and gives its channel. */
export type OpenChannel = (
  command: string,
  events: ChannelEvents,
  signal: AbortSignal,
) => Promise<Channel>;
