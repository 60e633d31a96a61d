// Secrets of plans and scripts: asked for before anything is touched, and sent with the script that takes them.
import type { PlannedAction } from "../actions/action.ts";
import type { Origin } from "../errors.ts";
import { secretsIn } from "../plan/deferred.ts";
import { secretsOf } from "../script/secrets.ts";
import type { CompiledScript } from "../script/types.ts";
import type { StreamRedactor } from "../secrets/redactor.ts";
import type { ScriptItem } from "../transport/connection.ts";
import type { PlannedPhase, PlannedSecret } from "./results.ts";
import type { Session } from "./session.ts";

/** Names of the secrets that actions use, with the first place that each is used at. */
function wantedOf(actions: readonly PlannedAction[]): ReadonlyMap<string, Origin> {
  const wanted = new Map<string, Origin>();
  for (const { args, origin } of actions) {
    for (const name of secretsIn(args)) if (!wanted.has(name)) wanted.set(name, origin);
  }
  return wanted;
}

/**
 * Reads the secrets of plans.
 *
 * @throws {PalletError} for those that there are not.
 */
export async function resolveSecrets(session: Session, actions: readonly PlannedAction[]): Promise<void> {
  const wanted = wantedOf(actions);
  if (wanted.size === 0) return;
  const { secrets } = session.tools;
  await secrets.resolve(wanted, session.hard);
  const short = await secrets.unmasked([...wanted.keys()].filter((name) => !session.toldOf.has(name)));
  for (const name of short) {
    session.toldOf.add(name);
    session.message("warn", `Secret "${name}" is so short that it is not masked where it is printed`);
  }
}

/** The secrets that planned phases read, and where each is, as far as nobody need be asked for it. */
export async function plannedSecrets(
  session: Session,
  plans: readonly PlannedPhase[],
): Promise<readonly PlannedSecret[]> {
  const read = plans.map(({ phase, targets }) => ({
    phase,
    wanted: wantedOf(targets.flatMap(({ actions }) => actions)),
  }));
  const wanted = new Map(read.toReversed().flatMap((one) => [...one.wanted]));
  const located = await session.tools.secrets.locate(wanted.keys(), session.hard);
  return located.map((one) => {
    const origin = wanted.get(one.name);
    return {
      ...one,
      phases: [...new Set(read.flatMap((each) => each.wanted.has(one.name) ? [each.phase] : []))],
      ...(origin === undefined ? {} : { origin }),
    };
  }).sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The values that a script takes, by their names; what was not read before is read now. */
export async function secretsFor(
  session: Session,
  script: CompiledScript,
): Promise<ReadonlyMap<string, string>> {
  const { secrets } = session.tools;
  const used = wantedOf(script.actions);
  const names = secretsOf(script.text);
  await secrets.resolve(new Map(names.map((name) => [name, used.get(name)])), session.hard);
  const values = names.map(async (name) => [name, (await secrets.value(name)).reveal()] as const);
  return new Map(await Promise.all(values));
}

/** What happens to a script without the values of secrets: offsets stay, so that output is still known by them. */
export class HiddenItems {
  readonly #session: Session;
  readonly #stream: StreamRedactor;
  /** Offset after the last byte of output that came. */
  #end = 0;

  constructor(session: Session, readonly on: (item: ScriptItem) => void) {
    this.#session = session;
    this.#stream = session.tools.secrets.redactor.stream(true);
  }

  readonly take = (item: ScriptItem): void => {
    const { redactor } = this.#session.tools.secrets;
    if (item.kind === "record" && item.record.type !== "captured") {
      this.on({ ...item, record: redactor.data(item.record) });
    } else if (item.kind === "output" && !redactor.empty) {
      const { bytes, next } = item;
      // Between output that was not kept and what is before it, no value can be.
      if (next.output - bytes.length !== this.#end) this.flush();
      this.#end = next.output;
      const shown = this.#stream.push(bytes);
      this.on({ ...item, bytes: shown, next: { ...next, output: next.output - this.#stream.held } });
    } else {
      if (item.kind === "omitted") this.flush();
      this.on(item);
    }
  };

  /** Gives what was kept back, when nothing more comes. */
  flush(): void {
    const bytes = this.#stream.flush();
    if (bytes.length > 0) this.on({ kind: "output", bytes, next: { records: 0, output: this.#end } });
  }
}
