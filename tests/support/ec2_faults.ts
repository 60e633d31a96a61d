// What moto lacks of EC2, as a proxy in front of it: client tokens that make nothing twice, all of the instances that
// a call asks for, and everything that goes wrong there.

/** What the next calls of a kind meet. */
export type Fault =
  /** Refused with a code, not carried out. */
  | { readonly kind: "refuse"; readonly code: string; readonly message?: string; readonly status?: number }
  /** Carried out; the answer does not come. */
  | { readonly kind: "lose-answer" }
  /** Neither carried out nor answered. */
  | { readonly kind: "lose-call" };

/** A proxy in front of EC2. */
export interface Ec2Faults {
  readonly url: string;
  /** Calls so far, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** Instances that were really made, by their tokens. */
  readonly launches: ReadonlyMap<string, number>;
  /** The next calls of a kind (`RunInstances`) meet this. */
  next(action: string, fault: Fault, times?: number): void;
  /** Instances that there is room for from now on. */
  capacity(count: number): void;
  /** Instances that are made from now on are not listed for so many milliseconds. */
  hide(milliseconds: number): void;
  /** Each call takes so many milliseconds more: half of them before it is carried out, half of them after. */
  slow(milliseconds: number): void;
  /** Called before each call is passed on, with its kind and its parameters. */
  onCall(listener: (action: string, parameters: URLSearchParams) => void | Promise<void>): void;
  /** Calls of a kind are answered by a text of ours, where there is one for their parameters. */
  answer(action: string, make: (parameters: URLSearchParams) => Promise<string | undefined>): void;
  /** No faults, no memory. */
  reset(): void;
  close(): Promise<void>;
}

interface Launch {
  readonly parameters: string;
  readonly status: number;
  readonly answer: string;
}

function refusal(code: string, message: string, status: number): Response {
  const text =
    `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>0</RequestID></Response>`;
  return new Response(text, { status, headers: { "content-type": "text/xml" } });
}

/** Items of a list, with what is before and after them. */
function items(
  xml: string,
  list: string,
): { readonly before: string; readonly items: string[]; readonly after: string } {
  const start = xml.indexOf(`<${list}>`);
  if (start < 0) return { before: xml, items: [], after: "" };
  const from = start + list.length + 2;
  const found: string[] = [];
  let depth = 0;
  let begin = from;
  let end = from;
  for (const match of xml.slice(from).matchAll(/<item>|<\/item>|<\/([A-Za-z]+)>/g)) {
    const at = from + match.index;
    if (match[0] === "<item>") {
      if (depth === 0) begin = at;
      depth++;
    } else if (match[0] === "</item>") {
      depth--;
      if (depth === 0) {
        end = at + match[0].length;
        found.push(xml.slice(begin, end));
      }
    } else if (depth === 0 && match[1] === list) {
      end = at;
      break;
    }
  }
  return { before: xml.slice(0, from), items: found, after: xml.slice(end) };
}

function withoutHidden(xml: string, hidden: ReadonlyMap<string, number>): string {
  const now = Date.now();
  const { before, items: reservations, after } = items(xml, "reservationSet");
  const left = reservations.flatMap((reservation) => {
    const inner = items(reservation, "instancesSet");
    const shown = inner.items.filter((item) => {
      const id = /<instanceId>(i-[0-9a-f]+)<\/instanceId>/.exec(item)?.[1] ?? "";
      return (hidden.get(id) ?? 0) <= now;
    });
    return shown.length === 0 ? [] : [`${inner.before}${shown.join("")}${inner.after}`];
  });
  return `${before}${left.join("")}${after}`;
}

const instanceIds = (xml: string) =>
  [...xml.matchAll(/<instanceId>(i-[0-9a-f]+)<\/instanceId>/g)].map((match) => match[1] ?? "");

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts a proxy in front of the EC2 at a URL. */
export function startEc2Faults(target: string): Ec2Faults {
  const counts: Record<string, number> = {};
  const faults = new Map<string, Fault[]>();
  const launches = new Map<string, Promise<Launch>>();
  const made = new Map<string, number>();
  const hidden = new Map<string, number>();
  const answers = new Map<string, (parameters: URLSearchParams) => Promise<string | undefined>>();
  const state = { room: Infinity, hide: 0, slow: 0 };
  let listen: (action: string, parameters: URLSearchParams) => void | Promise<void> = () => {};

  const pass = async (request: Request, body: string): Promise<Response> => {
    const headers = new Headers(request.headers);
    headers.delete("content-length");
    const url = new URL(request.url);
    const reply = await fetch(new URL(`${url.pathname}${url.search}`, target), {
      method: request.method,
      headers,
      ...(request.method === "GET" ? {} : { body }),
    });
    return new Response(await reply.text(), {
      status: reply.status,
      headers: { "content-type": reply.headers.get("content-type") ?? "text/xml" },
    });
  };

  const answerOf = ({ status, answer }: Launch): Response =>
    new Response(answer, { status, headers: { "content-type": "text/xml" } });

  const launch = async (request: Request, parameters: URLSearchParams, count: number): Promise<Launch> => {
    const changed = new URLSearchParams(parameters);
    // moto makes as few as it may, EC2 as many as it can.
    changed.set("MinCount", String(count));
    changed.set("MaxCount", String(count));
    const reply = await pass(request, changed.toString());
    const answer = await reply.text();
    if (reply.ok) { for (const id of instanceIds(answer)) hidden.set(id, Date.now() + state.hide); }
    return { parameters: parameters.toString(), status: reply.status, answer };
  };

  const run = async (request: Request, parameters: URLSearchParams): Promise<Response> => {
    const token = parameters.get("ClientToken") ?? "";
    // One that is under way is waited for.
    const before = await launches.get(token);
    if (before !== undefined && before.status < 400) {
      return before.parameters === parameters.toString()
        ? answerOf(before)
        : refusal("IdempotentParameterMismatch", "The client token was used with other parameters", 400);
    }
    const asked = Number(parameters.get("MaxCount") ?? "1");
    const count = Math.min(asked, state.room);
    if (count < Number(parameters.get("MinCount") ?? "1")) {
      return refusal("InsufficientInstanceCapacity", "There is no sufficient capacity for the type", 500);
    }
    const begun = launch(request, parameters, count);
    launches.set(token, begun);
    const done = await begun;
    if (done.status < 400) {
      state.room -= count;
      made.set(token, (made.get(token) ?? 0) + count);
    }
    return answerOf(done);
  };

  const serve = async (request: Request): Promise<Response> => {
    const body = await request.text();
    const parameters = new URLSearchParams(body);
    const action = parameters.get("Action") ?? request.headers.get("x-amz-target") ??
      new URL(request.url).pathname;
    counts[action] = (counts[action] ?? 0) + 1;
    await listen(action, parameters);
    await pause(state.slow / 2);
    const own = await answers.get(action)?.(parameters);
    if (own !== undefined) return new Response(own, { headers: { "content-type": "text/xml" } });
    const fault = faults.get(action)?.shift();
    if (fault?.kind === "refuse") {
      return refusal(fault.code, fault.message ?? fault.code, fault.status ?? 400);
    }
    if (fault?.kind === "lose-call") return await new Promise<Response>(() => {});
    const reply = action === "RunInstances" ? await run(request, parameters) : await pass(request, body);
    await pause(state.slow / 2);
    if (fault?.kind === "lose-answer") {
      await reply.body?.cancel();
      return await new Promise<Response>(() => {});
    }
    if (action !== "DescribeInstances" || ![...hidden.values()].some((until) => until > Date.now())) {
      return reply;
    }
    return new Response(withoutHidden(await reply.text(), hidden), {
      status: reply.status,
      headers: reply.headers,
    });
  };

  const ending = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: ending.signal, onListen: () => {} },
    serve,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    counts,
    launches: made,
    next(action, fault, times = 1) {
      faults.set(action, [...faults.get(action) ?? [], ...Array.from({ length: times }, () => fault)]);
    },
    capacity: (count) => void (state.room = count),
    hide: (milliseconds) => void (state.hide = milliseconds),
    slow: (milliseconds) => void (state.slow = milliseconds),
    onCall: (listener) => void (listen = listener),
    answer: (action, make) => void answers.set(action, make),
    reset() {
      for (const key of Object.keys(counts)) delete counts[key];
      for (const memory of [faults, launches, made, hidden, answers]) memory.clear();
      Object.assign(state, { room: Infinity, hide: 0, slow: 0 });
      listen = () => {};
    },
    async close() {
      ending.abort();
      await Promise.race([server.finished, new Promise((resolve) => setTimeout(resolve, 200))]);
    },
  };
}
