import assert from "node:assert/strict";
import { PalletError } from "../errors.ts";
import type { SecretSource } from "./source.ts";

/** What a secret source is tested with. */
export interface SecretSourceSubject {
  readonly name: string;
  open(): Promise<SecretSource>;
  /** A secret that is there; its value holds blanks, quotes and letters of other alphabets. */
  readonly known: { readonly name: string; readonly value: string };
  readonly unknown: string;
  /** The same, where the store cannot be asked. */
  openBroken(): Promise<SecretSource>;
}

/** Registers the tests that every secret source passes. */
export function testSecretSource(subject: SecretSourceSubject): void {
  const { known, unknown } = subject;
  const test = (what: string, fn: () => Promise<void>) =>
    Deno.test(`secret source ${subject.name} ${what}`, fn);
  const withSource = async (
    open: () => Promise<SecretSource>,
    use: (source: SecretSource) => Promise<void>,
  ) => {
    const source = await open();
    try {
      await use(source);
    } finally {
      await source.close();
    }
  };

  test("answers with a secret as it is, several at a time", async () => {
    await withSource(subject.open, async (source) => {
      assert.match(known.value, /["' ]/);
      const values = await Promise.all([known.name, known.name, known.name].map((name) => source.read(name)));
      assert.deepEqual(values, [known.value, known.value, known.value]);
    });
  });

  test("answers with nothing for a secret that is not there", async () => {
    await withSource(subject.open, async (source) => {
      assert.equal(await source.read(unknown), undefined);
    });
  });

  test("says when the store cannot be asked, and shows no secret", async () => {
    await withSource(subject.openBroken, async (source) => {
      await assert.rejects(() => source.read(known.name), (error) => {
        assert.ok(error instanceof PalletError);
        assert.ok(!`${error.message} ${error.help} ${error.stack}`.includes(known.value));
        return true;
      });
    });
  });

  test("is closed twice without harm", async () => {
    await withSource(subject.open, (source) => source.close());
  });
}
