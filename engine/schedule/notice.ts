import { messageOf } from "../errors.ts";
import type { HistoryLine, ScheduleEntry } from "./entry.ts";

/** What somebody is told of a scheduled run that failed, or that succeeded again. Plain data: the body of a webhook. */
export interface Notice {
  readonly schedule: string;
  readonly event: "failed" | "recovered";
  readonly host: string;
  readonly command: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly result: HistoryLine["result"];
  readonly status: number;
  readonly run?: string;
  /** The end of what it said. */
  readonly output: string;
}

/** The notice of a run. */
export function notice(entry: ScheduleEntry, line: HistoryLine, output: string): Notice {
  const { startedAt, endedAt, result, status, run } = line;
  return {
    schedule: entry.name,
    event: result === "ok" ? "recovered" : "failed",
    host: Deno.hostname(),
    command: `pallet ${entry.argv.join(" ")}`,
    startedAt,
    endedAt,
    result,
    status,
    ...(run === undefined ? {} : { run }),
    output,
  };
}

/** A notice as a letter, headers first. */
function letter(told: Notice, to: string): string {
  const subject = told.event === "failed"
    ? `pallet: ${told.schedule} failed on ${told.host} (${told.result}, status ${told.status})`
    : `pallet: ${told.schedule} is well again on ${told.host}`;
  return [
    `To: ${to}`,
    `Subject: ${subject}`,
    "Content-Type: text/plain; charset=utf-8",
    "Auto-Submitted: auto-generated",
    "",
    `${told.command}`,
    `${told.startedAt} to ${told.endedAt}`,
    ...(told.run === undefined ? [] : [`pallet report ${told.run}`]),
    ...(told.output === "" ? [] : ["", told.output]),
    "",
  ].join("\n");
}

async function mail(told: Notice, to: string): Promise<void> {
  const child = new Deno.Command("sendmail", {
    // Delivered before it ends: what a mail system leaves in the background is killed with a service of systemd.
    args: ["-t", "-i", "-odi"],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(letter(told, to)));
  await writer.close();
  const { success, stderr } = await child.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim() || "sendmail failed");
}

async function post(told: Notice, url: string): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(told),
    redirect: "error",
    signal: AbortSignal.timeout(20_000),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}

/** Does something up to three times. */
async function insist(work: () => Promise<void>): Promise<void> {
  for (let wait = 1;; wait *= 4) {
    try {
      return await work();
    } catch (thrown) {
      if (wait > 4) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}

/** Tells a notice to all who are to be told; one that cannot be told is said, and changes nothing else. */
export async function tell(entry: ScheduleEntry, told: Notice, say: (text: string) => void): Promise<void> {
  const { mail: to, webhook } = entry;
  const ways = [
    ...(to === undefined ? [] : [{ name: `mail to ${to}`, send: () => mail(told, to) }]),
    // A URL may hold a secret: only its host is named.
    ...(webhook === undefined
      ? []
      : [{ name: `the webhook at ${new URL(webhook).host}`, send: () => post(told, webhook) }]),
  ];
  await Promise.all(ways.map(async ({ name, send }) => {
    try {
      await insist(send);
    } catch (thrown) {
      say(`Nobody was told by ${name}: ${messageOf(thrown)}`);
    }
  }));
}
