import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import type { Notifier, RunEnd } from "./notifier.ts";

/** What a notifier is tested with. */
export interface NotifierSubject {
  readonly name: string;
  open(): Promise<Notifier>;
  /** What arrived where it tells of ends, in order. */
  arrived(): readonly unknown[];
  /** The same, where nobody takes what it tells. */
  openBroken(): Promise<Notifier>;
}

/** The end of a run of two nodes, one of which failed. */
export const sampleEnd: RunEnd = {
  run: "2026-01-02T03-04-05-abc",
  operation: "converge",
  infra: "infra.ts",
  service: "lab",
  phases: ["configure"],
  check: false,
  startedAt: "2026-01-02T03:04:05.000Z",
  finishedAt: "2026-01-02T03:04:15.000Z",
  duration: 10_000,
  result: "failed",
  exitCode: 1,
  targets: [
    {
      target: "web-1",
      group: "web",
      result: "ok",
      counts: { ok: 3, changed: 2, failed: 0, skipped: 0, wouldChange: 0, cannotKnow: 0 },
    },
    {
      target: "web-2",
      group: "web",
      result: "failed",
      counts: { ok: 1, changed: 0, failed: 1, skipped: 1, wouldChange: 0, cannotKnow: 0 },
      failure: { kind: "action", message: "packages nginx failed" },
    },
  ],
};

/** Registers the tests that every notifier passes. */
export function testNotifier(subject: NotifierSubject): void {
  const test = (what: string, fn: () => Promise<void>) => Deno.test(`notifier ${subject.name} ${what}`, fn);

  test("tells each end once, and is closed twice without harm", async () => {
    const before = subject.arrived().length;
    const notifier = await subject.open();
    try {
      await notifier.notify(sampleEnd);
      assert.equal(subject.arrived().length, before + 1);
      await notifier.notify({ ...sampleEnd, result: "ok", exitCode: 0 });
      assert.equal(subject.arrived().length, before + 2);
    } finally {
      await notifier.close();
      await notifier.close();
    }
  });

  test("says when nobody was told, and can be asked again", async () => {
    const notifier = await subject.openBroken();
    try {
      for (let at = 0; at < 2; at++) {
        await assert.rejects(() => notifier.notify(sampleEnd), (error) => error instanceof PalletError);
      }
    } finally {
      await notifier.close();
    }
  });

  test("gives up when it is told to", async () => {
    const notifier = await subject.open();
    try {
      await assert.rejects(
        () => notifier.notify(sampleEnd, AbortSignal.abort(new Error("given up"))),
        /given up/,
      );
    } finally {
      await notifier.close();
    }
  });
}
