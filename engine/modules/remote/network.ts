// The one module that fetches. It is loaded when something must be fetched, and not before.
import pLimit from "p-limit";
import { messageOf } from "../../errors.ts";
import { pause } from "../../pause.ts";
import type { Refusal } from "../types.ts";
import { type Clients, openClients, proxyBeside } from "./client.ts";
import { authorizationFor, type Credentials, readCredentials } from "./credentials.ts";
import { readBody } from "./body.ts";
import { again, refusedBy, Trouble, unreachable } from "./trouble.ts";
import { refuseUrl } from "./url.ts";

/** Limits of what is fetched; times in seconds, sizes in bytes after unpacking. */
export interface NetworkLimits {
  /** Of one module: 16 MiB. */
  readonly bytes: number;
  /** Until a host begins to answer: 20. */
  readonly answer: number;
  /** Without a byte: 20. */
  readonly idle: number;
  /** For one module: 120. */
  readonly whole: number;
  /** Hops of one redirect: 10. */
  readonly redirects: number;
  /** How often one that may pass is asked for: 3. */
  readonly attempts: number;
  /** Seconds before the second attempt, doubled before each further one: 0.3. */
  readonly pause: number;
  /** Requests at once: 16. */
  readonly parallel: number;
}

/** What stands for {@linkcode NetworkLimits} that are not told. */
export const DEFAULT_LIMITS: NetworkLimits = {
  bytes: 16 * 1024 * 1024,
  answer: 20,
  idle: 20,
  whole: 120,
  redirects: 10,
  attempts: 3,
  pause: 0.3,
  parallel: 16,
};

/** What a host answered in the end. */
export interface Answer {
  /** Where the redirects ended. */
  readonly url: string;
  readonly bytes: Uint8Array;
  readonly contentType: string | null;
  readonly etag?: string;
  /** URL of the types of a JavaScript module, by the header `x-typescript-types`. */
  readonly types?: string;
}

/** One hop: a document, another place to ask, or what is known already. */
type Hop = Answer | { readonly to: string } | "unchanged";

/** How a network is used. */
export interface NetworkOptions {
  readonly env: (name: string) => string | undefined;
  /** Used where the environment names no proxy: the `proxy` of the project's environment. */
  readonly proxy?: string;
  readonly limits?: Partial<NetworkLimits>;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
  /** Called before each request. */
  readonly onRequest?: (url: string) => void;
}

/** Fetches; proxies, certificates and credentials are the environment's. */
export class Network {
  readonly #limits: NetworkLimits;
  readonly #turn: ReturnType<typeof pLimit>;
  #clients: Promise<Clients> | undefined;
  #credentials: Promise<Credentials> | undefined;

  constructor(readonly options: NetworkOptions) {
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#turn = pLimit(this.#limits.parallel);
  }

  /** A document; `unchanged` when it is still the one of the tag. */
  get(url: string, etag?: string): Promise<Answer | "unchanged" | Refusal> {
    return this.#turn(async () => {
      try {
        return await this.#follow(url, etag);
      } catch (error) {
        if (error instanceof Trouble) return error.refusal;
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    const clients = await this.#clients?.catch(() => undefined);
    clients?.close();
    this.#clients = undefined;
  }

  async #follow(url: string, etag: string | undefined): Promise<Answer | "unchanged"> {
    const seen = new Set<string>();
    for (let at = url;;) {
      if (seen.has(at)) {
        throw refusedBy("its host redirects in a circle", "Tell its host, or take another URL.");
      }
      seen.add(at);
      if (seen.size > this.#limits.redirects + 1) {
        throw refusedBy(`its host redirects more than ${this.#limits.redirects} times`, `It came to ${at}.`);
      }
      const hop = await this.#persist(at, at === url ? etag : undefined);
      if (hop === "unchanged" || "bytes" in hop) return hop;
      const refused = refuseUrl(new URL(hop.to), at);
      if (refused !== undefined) {
        throw refusedBy(`it is redirected to ${hop.to}: ${refused.refused}`, refused.help);
      }
      at = hop.to;
    }
  }

  async #persist(url: string, etag: string | undefined): Promise<Hop> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#once(url, etag);
      } catch (error) {
        if (!(error instanceof Trouble) || !error.again || attempt >= this.#limits.attempts) throw error;
        await pause(this.#limits.pause * 2 ** (attempt - 1));
      }
    }
  }

  async #once(url: string, etag: string | undefined): Promise<Hop> {
    const { env, proxy, onRequest, signal } = this.options;
    signal?.throwIfAborted();
    this.#clients ??= openClients(env, proxy);
    this.#credentials ??= readCredentials(env);
    const [clients, credentials] = [await this.#clients, await this.#credentials];
    const client = clients.for(new URL(url));
    const said = authorizationFor(new URL(url), credentials);
    const control = new AbortController();
    const late = (seconds: number, what: string) =>
      setTimeout(
        () => control.abort(refusedBy(what, "Try again later, or ask whoever runs it.")),
        seconds * 1000,
      );
    const { answer, whole } = this.#limits;
    const ends = late(whole, `its host needed more than ${whole} s`);
    const begins = late(answer, `its host did not answer within ${answer} s`);
    onRequest?.(url);
    try {
      const response = await fetch(url, {
        client,
        redirect: "manual",
        signal: signal === undefined ? control.signal : AbortSignal.any([control.signal, signal]),
        headers: {
          accept: "*/*",
          ...(said === undefined ? {} : { authorization: said }),
          ...(etag === undefined ? {} : { "if-none-match": etag }),
        },
      });
      clearTimeout(begins);
      return await this.#understand(url, response, control, said !== undefined);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof Trouble) throw error;
      // A client that is gone while it fetches says so in words of its own.
      if (control.signal.reason instanceof Trouble) throw control.signal.reason;
      throw unreachable(error, proxyBeside(env, proxy));
    } finally {
      clearTimeout(begins);
      clearTimeout(ends);
    }
  }

  async #understand(url: string, response: Response, control: AbortController, told: boolean): Promise<Hop> {
    const { status, headers } = response;
    if (status === 304) {
      await response.body?.cancel();
      return "unchanged";
    }
    if ([301, 302, 303, 307, 308].includes(status)) {
      await response.body?.cancel();
      const to = URL.parse(headers.get("location") ?? "", url);
      if (to === null) throw refusedBy("its host redirects to no URL", "Tell its host.");
      to.hash = "";
      return { to: to.href };
    }
    if (status !== 200) {
      await response.body?.cancel();
      throw again(status, response.statusText, told);
    }
    const bytes = await readBody(response, this.#limits, control).catch((error) => {
      if (error instanceof Trouble) throw error;
      if (control.signal.reason instanceof Trouble) throw control.signal.reason;
      throw new Trouble({
        refused: `its host broke off in the middle of it: ${messageOf(error)}`,
        help: "Try again.",
        cause: error,
      }, true);
    });
    const etag = headers.get("etag");
    const types = URL.parse(headers.get("x-typescript-types") ?? "//", url)?.href;
    return {
      url,
      bytes,
      contentType: headers.get("content-type"),
      ...(etag === null ? {} : { etag }),
      ...(types === undefined ? {} : { types }),
    };
  }
}
