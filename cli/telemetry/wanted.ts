// Whether a run is to be traced: the one module of this folder that is always loaded.

/** Reads a variable. */
export type Env = (name: string) => string | undefined;

/** A variable that is empty counts as not set, as OpenTelemetry has it. */
export function said(env: Env, name: string): string | undefined {
  const text = env(name)?.trim();
  return text === "" ? undefined : text;
}

/** A variable of the exporter: that for traces wins over that for all signals. */
export function exporter(env: Env, name: string): string | undefined {
  return said(env, `OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? said(env, `OTEL_EXPORTER_OTLP_${name}`);
}

/** Whether traces are asked for at all. */
export function wantsTelemetry(env: Env): boolean {
  if (said(env, "OTEL_SDK_DISABLED")?.toLowerCase() === "true") return false;
  const exporters = said(env, "OTEL_TRACES_EXPORTER")?.split(",").map((name) => name.trim());
  return exporters === undefined ? exporter(env, "ENDPOINT") !== undefined : exporters.includes("otlp");
}
