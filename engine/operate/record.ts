import type { Json } from "../json.ts";

/** Options of a call as plain data, for the journal: functions and what the run opens are left out. */
export function record(options: object): Json {
  const {
    providers: _p,
    service: _s,
    services: _v,
    models: _m,
    environment: _e,
    environmentLayers: _l,
    environments: _n,
    signal: _g,
    specs: _x,
    source: _o,
    commandLine: _c,
    resume: _r,
    ...rest
  } = options as Readonly<Record<string, unknown>> & object;
  return JSON.parse(JSON.stringify(rest));
}
