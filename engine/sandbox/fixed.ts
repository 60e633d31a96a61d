// Clock and randomness of the sandbox: the same for the same run, whatever was evaluated before.

/** What is fixed for an evaluation, and set anew for each. */
export interface FixedSources {
  /** Milliseconds since the epoch. */
  setClock(clock: number): void;
  /** Starts random numbers over; the same seed and scope give the same numbers. */
  seed(seed: number, scope: string): void;
}

/** Numbers that look random: the generator known as sfc32. */
function generator(seed: number, scope: string): () => number {
  let [a, b, c, count] = [seed | 0, Math.trunc(seed / 2 ** 32) | 0, 0x9e3779b9 | 0, 1];
  const next = (): number => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  };
  for (const character of scope) {
    c = (c ^ (character.codePointAt(0) ?? 0)) | 0;
    next();
  }
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** Makes `Date`, and whatever else tells the time, tell a fixed one. */
function fixDate(now: () => number): void {
  const RealDate = Date;
  const FixedDate = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new RealDate(now()).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [now()] : args, new.target);
  };
  Object.defineProperties(FixedDate, {
    name: { value: "Date" },
    length: { value: 7 },
    prototype: { value: RealDate.prototype, writable: false },
    now: { value: now, writable: true, configurable: true },
    parse: { value: RealDate.parse, writable: true, configurable: true },
    UTC: { value: RealDate.UTC, writable: true, configurable: true },
  });
  RealDate.prototype.constructor = FixedDate as unknown as DateConstructor;
  Object.defineProperty(globalThis, "Date", { value: FixedDate, writable: true, configurable: true });

  const formats = Intl.DateTimeFormat.prototype;
  const { formatToParts } = formats;
  const format = Object.getOwnPropertyDescriptor(formats, "format")?.get;
  Object.defineProperty(formats, "format", {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const real = format?.call(this);
      return (date: unknown = now()) => real(date);
    },
  });
  formats.formatToParts = function (date = now()) {
    return formatToParts.call(this, date);
  };
}

/** Makes `Temporal.Now` tell the fixed time, in UTC unless another zone is asked for. */
function fixTemporal(now: () => number): void {
  const temporal = (globalThis as unknown as { Temporal?: TemporalLike }).Temporal;
  if (temporal === undefined) return;
  const instant = (): InstantLike => temporal.Instant.fromEpochMilliseconds(now());
  const zoned = (zone = "UTC"): ZonedLike => instant().toZonedDateTimeISO(zone);
  Object.defineProperty(temporal, "Now", {
    value: Object.freeze({
      instant,
      timeZoneId: () => "UTC",
      zonedDateTimeISO: zoned,
      plainDateTimeISO: (zone?: string) => zoned(zone).toPlainDateTime(),
      plainDateISO: (zone?: string) => zoned(zone).toPlainDate(),
      plainTimeISO: (zone?: string) => zoned(zone).toPlainTime(),
    }),
  });
}

interface ZonedLike {
  toPlainDateTime(): unknown;
  toPlainDate(): unknown;
  toPlainTime(): unknown;
}

interface InstantLike {
  toZonedDateTimeISO(zone: string): ZonedLike;
}

interface TemporalLike {
  readonly Instant: { fromEpochMilliseconds(milliseconds: number): InstantLike };
}

/** `crypto` with random values that are not, and the digests of the real one. */
function fixedCrypto(next: () => number): object {
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  const getRandomValues = <T extends ArrayBufferView>(array: T): T => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = next();
    return array;
  };
  const randomUUID = (): string => {
    const bytes = getRandomValues(new Uint8Array(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };
  return Object.freeze({ getRandomValues, randomUUID, subtle: Object.freeze({ digest }) });
}

/** Fixes clock and randomness of this process for good. */
export function fixSources(): FixedSources {
  let clock = 0;
  let next = generator(0, "");
  const now = (): number => clock;
  fixDate(now);
  fixTemporal(now);
  Math.random = () => next() / 2 ** 32;
  Object.defineProperties(globalThis, {
    crypto: { value: fixedCrypto(() => next()), writable: true, configurable: true },
    performance: {
      value: Object.freeze({
        now: () => 0,
        get timeOrigin() {
          return clock;
        },
      }),
      writable: true,
      configurable: true,
    },
  });
  return {
    setClock: (milliseconds) => {
      clock = milliseconds;
    },
    seed: (seed, scope) => {
      next = generator(seed, scope);
    },
  };
}
