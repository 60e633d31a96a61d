// What the variables of OpenTelemetry ask for.
import { usageError } from "../parse.ts";
import { parentFrom, type SpanContext } from "./traceparent.ts";
import { type Env, exporter, said } from "./wanted.ts";

/** How a trace is sent, and what is said of whoever sends it. */
export interface TelemetrySettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for all of it. */
  readonly timeout: number;
  readonly gzip: boolean;
  /** Files of certificates and of a key, in PEM. */
  readonly certificate?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly resource: Readonly<Record<string, string>>;
  /** The span that the run is a part of. */
  readonly parent?: SpanContext;
}

/** `a=1,b=2`, values percent-encoded. @throws {PalletError} that names the variable. */
function pairs(env: Env, ...names: readonly string[]): Readonly<Record<string, string>> {
  const name = names.find((one) => said(env, one) !== undefined);
  if (name === undefined) return {};
  const entries = (said(env, name) ?? "").split(",").filter((pair) => pair.trim() !== "").map((pair) => {
    const at = pair.indexOf("=");
    try {
      if (at > 0) return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())] as const;
    } catch {
      // Told below: what stands there may be a secret, and is not shown.
    }
    throw usageError(`Variable ${name} is not made of NAME=VALUE pairs.`, "Separate them by commas.");
  });
  return Object.fromEntries(entries);
}

function urlOf(env: Env): string {
  const own = said(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const base = said(env, "OTEL_EXPORTER_OTLP_ENDPOINT") ?? "http://localhost:4318";
  const text = own ?? `${base.replace(/\/+$/, "")}/v1/traces`;
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return text;
  throw usageError(
    "The endpoint of OpenTelemetry is no http or https URL.",
    "Name one like http://localhost:4318.",
  );
}

/** Whether a run is traced: its parent decides unless told; `ratio` of those that have none. */
function isSampled(env: Env, parent: SpanContext | undefined): boolean {
  const sampler = said(env, "OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
  if (sampler.startsWith("parentbased_") && parent !== undefined) return parent.sampled;
  const ratio = Number(said(env, "OTEL_TRACES_SAMPLER_ARG") ?? 1);
  switch (sampler.replace("parentbased_", "")) {
    case "always_off":
      return false;
    case "traceidratio":
      return !(ratio < 1) || Math.random() < ratio;
    default:
      return true;
  }
}

/**
 * What the variables ask for; nothing where this run is not to be traced.
 *
 * @throws {PalletError} of kind `usage` for a variable that cannot be followed.
 */
export function telemetrySettings(
  env: Env,
  own: Readonly<Record<string, string>>,
): TelemetrySettings | undefined {
  const protocol = exporter(env, "PROTOCOL");
  if (protocol === "grpc") {
    throw usageError(
      "Traces are sent by OTLP over HTTP, and not by grpc.",
      "Set OTEL_EXPORTER_OTLP_PROTOCOL=http/json, and the endpoint to that of HTTP (port 4318).",
    );
  }
  const parent = parentFrom(said(env, "TRACEPARENT"), said(env, "TRACESTATE"));
  if (!isSampled(env, parent)) return undefined;
  const timeout = Number(exporter(env, "TIMEOUT") ?? 10_000);
  const files = {
    certificate: exporter(env, "CERTIFICATE"),
    clientCertificate: exporter(env, "CLIENT_CERTIFICATE"),
    clientKey: exporter(env, "CLIENT_KEY"),
  };
  const name = said(env, "OTEL_SERVICE_NAME");
  return {
    url: urlOf(env),
    headers: pairs(env, "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"),
    timeout: timeout > 0 ? timeout : 10_000,
    gzip: exporter(env, "COMPRESSION") === "gzip",
    ...Object.fromEntries(Object.entries(files).filter(([, path]) => path !== undefined)),
    resource: {
      ...own,
      ...pairs(env, "OTEL_RESOURCE_ATTRIBUTES"),
      ...(name === undefined ? {} : { "service.name": name }),
    },
    ...(parent === undefined ? {} : { parent }),
  };
}
