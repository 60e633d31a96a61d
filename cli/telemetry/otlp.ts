// OTLP over HTTP, in JSON.
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { TelemetrySettings } from "./settings.ts";
import type { Attribute, Span } from "./spans.ts";

/** Spans of one request: collectors take four megabytes or so. */
const AT_ONCE = 2000;

/** Answers after which the same may be sent again. */
const AGAIN = [429, 502, 503, 504];

function valueOf(value: Attribute): JsonObject {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return { arrayValue: { values: value.map((one) => ({ stringValue: one })) } };
}

function attributesOf(attributes: Readonly<Record<string, Attribute>>): Json {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
}

function spanOf(span: Span): JsonObject {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    ...(span.state === undefined ? {} : { traceState: span.state }),
    name: span.name,
    kind: 1,
    startTimeUnixNano: nanoseconds(span.start),
    endTimeUnixNano: nanoseconds(span.end),
    attributes: attributesOf(span.attributes),
    status: span.error === undefined ? {} : { code: 2, message: span.error },
  };
}

/** Spans as the body of a request. */
function requestBody(
  spans: readonly Span[],
  resource: Readonly<Record<string, string>>,
  version: string,
): Json {
  return {
    resourceSpans: [{
      resource: { attributes: attributesOf(resource) },
      scopeSpans: [{ scope: { name: "pallet", version }, spans: spans.map(spanOf) }],
    }],
  };
}

/** The place without what may be secret in it. */
function shownUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function clientFor(settings: TelemetrySettings): Promise<Deno.HttpClient | undefined> {
  const { certificate, clientCertificate, clientKey } = settings;
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : await Deno.readTextFile(path);
  const [ca, cert, key] = await Promise.all([certificate, clientCertificate, clientKey].map(read));
  if (ca === undefined && cert === undefined) return undefined;
  return Deno.createHttpClient({
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
}

/** @throws {PalletError} when a part was refused, though the whole was taken. */
function requireAll(answer: string): void {
  let partial: { rejectedSpans?: string | number; errorMessage?: string } | undefined;
  try {
    partial = JSON.parse(answer)?.partialSuccess;
  } catch {
    // An empty answer, or one that is no JSON: all was taken.
  }
  if (Number(partial?.rejectedSpans ?? 0) > 0) {
    throw new PalletError(`${partial?.rejectedSpans} spans were refused: ${partial?.errorMessage ?? ""}`, {
      kind: "config",
    });
  }
}

async function send(
  body: string,
  settings: TelemetrySettings,
  client: Deno.HttpClient | undefined,
  signal: AbortSignal,
): Promise<void> {
  const content = settings.gzip ? await gzip(body) : body;
  for (let wait = 1;; wait *= 2) {
    const response = await fetch(settings.url, {
      method: "POST",
      headers: {
        ...settings.headers,
        "content-type": "application/json",
        ...(settings.gzip ? { "content-encoding": "gzip" } : {}),
      },
      body: content,
      // What is sent, with its headers, is for the one that was named.
      redirect: "manual",
      signal,
      ...(client === undefined ? {} : { client }),
    });
    const answer = await response.text();
    if (response.ok) return requireAll(answer);
    if (!AGAIN.includes(response.status)) {
      throw new PalletError(`it answered ${response.status} ${response.statusText}`.trim(), {
        kind: "config",
      });
    }
    const told = Number(response.headers.get("retry-after"));
    await pause((told > 0 ? told : wait) * 1000, signal, response.status);
  }
}

async function pause(milliseconds: number, signal: AbortSignal, status: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const stop = () =>
    reject(new PalletError(`it still answered ${status} when time was up`, { kind: "config" }));
  signal.addEventListener("abort", stop, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Sends spans to a collector.
 *
 * @throws {PalletError} when it did not take them all, or not in time.
 */
export async function exportSpans(
  spans: readonly Span[],
  settings: TelemetrySettings,
  version: string,
): Promise<void> {
  const signal = AbortSignal.timeout(settings.timeout);
  let client: Deno.HttpClient | undefined;
  try {
    client = await clientFor(settings);
    for (let at = 0; at < spans.length; at += AT_ONCE) {
      const part = spans.slice(at, at + AT_ONCE);
      await send(JSON.stringify(requestBody(part, settings.resource, version)), settings, client, signal);
    }
  } catch (cause) {
    const why = signal.aborted && !(cause instanceof PalletError)
      ? `no answer within ${settings.timeout / 1000} seconds`
      : messageOf(cause);
    throw new PalletError(`The trace was not sent to ${shownUrl(settings.url)}: ${why}`, {
      kind: "config",
      cause,
    });
  } finally {
    client?.close();
  }
}
