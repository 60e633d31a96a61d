// US dollars an hour for Linux on demand, shared tenancy. Prices that are not here are unknown, never guessed.

/** When these were true. */
export const pricesOf = "2025-01";

/** How many of a family's `large` a size costs. */
const sizes: Readonly<Record<string, number>> = {
  nano: 1 / 16,
  micro: 1 / 8,
  small: 1 / 4,
  medium: 1 / 2,
  large: 1,
  xlarge: 2,
  "2xlarge": 4,
  "4xlarge": 8,
  "8xlarge": 16,
  "9xlarge": 18,
  "12xlarge": 24,
  "16xlarge": 32,
  "24xlarge": 48,
};

const burstable = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"];
const general = ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"];
const compute5 = ["large", "xlarge", "2xlarge", "4xlarge", "9xlarge", "12xlarge", "24xlarge"];
const graviton = ["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];

const sizesOf: Readonly<Record<string, readonly string[]>> = {
  t3: burstable,
  t3a: burstable,
  t4g: burstable,
  m5: general,
  c5: compute5,
  r5: general,
  m6i: general,
  c6i: general,
  r6i: general,
  m6g: graviton,
  c6g: graviton,
  r6g: graviton,
};

/** Price of the `large` by family. */
const america: Readonly<Record<string, number>> = {
  t3: 0.0832,
  t3a: 0.0752,
  t4g: 0.0672,
  m5: 0.096,
  c5: 0.085,
  r5: 0.126,
  m6i: 0.096,
  c6i: 0.085,
  r6i: 0.126,
  m6g: 0.077,
  c6g: 0.068,
  r6g: 0.1008,
};

const regions: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "us-east-1": america,
  "us-east-2": america,
  "us-west-2": america,
  "eu-west-1": { t3: 0.0912, t3a: 0.0816, t4g: 0.0736, m5: 0.107, c5: 0.096, r5: 0.141 },
  "eu-central-1": { t3: 0.096, t3a: 0.0864, t4g: 0.0768, m5: 0.115, c5: 0.097, r5: 0.152 },
};

/** The region that has all prices that there are: what costs less there costs less elsewhere. */
export const reference = "us-east-1";

/** US dollars an hour for an instance of a type on demand in a region; nothing when it is not known. */
export function priceOf(type: string, region: string): number | undefined {
  const [family = "", size = ""] = type.split(".");
  const large = regions[region]?.[family];
  const factor = sizes[size];
  if (large === undefined || factor === undefined || sizesOf[family]?.includes(size) !== true) {
    return undefined;
  }
  return Math.round(large * factor * 10_000) / 10_000;
}
