// Runs an operation of the engine for a command: events to a reporter, interrupts, consent, exit status.
import type { Event } from "../engine/events.ts";
import { exitCodeOf } from "../engine/failure.ts";
import type { Consent, Operation, OperationOptions, RunResult } from "../engine/run.ts";
import type { Ahead } from "../engine/sandbox/ahead.ts";
import { ask } from "./ask.ts";
import { askOptions } from "./ask_secret.ts";
import { openAudience } from "./audience.ts";
import type { CommonValues } from "./command.ts";
import { excerptFrom, type Place, placeFrom, renderError, renderFailure, withWholeOrigin } from "./errors.ts";
import { GRACE, watchInterrupts } from "./interrupt.ts";
import { configuredPlugins, operationOptions } from "./project.ts";
import { detailOf, openReporter } from "./reporters/choose.ts";
import type { Detail, Reporter } from "./reporters/reporter.ts";
import type { Terminal } from "./terminal.ts";
import { count, escapeLine } from "./text.ts";

type Counts = Parameters<NonNullable<Consent["confirm"]>>[0];
type Prepared = Awaited<ReturnType<typeof operationOptions>>;

/** What an operation is begun with. */
export interface Begin {
  readonly base: OperationOptions;
  readonly defaults: Prepared["configuration"]["defaults"];
  readonly consent: Consent;
}

/** How a command runs its operation. */
export interface OperationCall<R extends RunResult> {
  readonly options: CommonValues;
  readonly terminal: Terminal;
  readonly ahead?: Ahead;
  begin(begin: Begin): Operation<R>;
  /** Sees each event before the reporter does. */
  on?(event: Event): void;
  /** Whether a person may be asked for a secret or a passphrase; yes unless told. */
  readonly asks?: boolean;
  /** How much the reporter shows; what the options ask for unless told. */
  readonly detail?: Detail;
  /** Whether {@linkcode on} shows what nodes write. */
  readonly told?: boolean;
  /** Shows the result as data, unless events are asked for. */
  show?(result: R, place: Place): void;
}

/** Nodes that a yes would remove, in a question. */
export function removalQuestion(counts: Counts): string {
  const names = counts.groups.flatMap((group) => group.remove);
  const shown = names.slice(0, 10).map(escapeLine).join(", ");
  const more = names.length > 10 ? `, and ${names.length - 10} more` : "";
  const it = names.length === 1 ? "it" : "them";
  return `Remove ${count(names.length, "node")} (${shown}${more})? What is on ${it} is lost.`;
}

/** Asks while the reporter leaves the terminal alone. */
async function besides(reporter: Reporter, question: () => Promise<boolean>): Promise<boolean> {
  reporter.pause();
  try {
    return await question();
  } finally {
    reporter.resume();
  }
}

function consentOf(
  options: CommonValues,
  terminal: Terminal,
  reporter: Reporter,
  interrupted: Promise<false>,
): Consent {
  if (options.yes) return { yes: true };
  if (!terminal.interactive) return {};
  return {
    confirm: (counts) =>
      besides(reporter, () => Promise.race([ask(removalQuestion(counts), terminal), interrupted])),
  };
}

/** What a run keeps of its command line, and the run that it goes on with. */
function resumption(
  options: CommonValues,
  terminal: Terminal,
  reporter: Reporter,
): Pick<OperationOptions, "commandLine" | "resume"> {
  const { argv, cwd } = terminal;
  const run = options["resume-run"];
  const changed = async (): Promise<boolean> => {
    if (options.yes) return true;
    if (!terminal.interactive) return false;
    const question = `The infra file or its crates have changed since run ${run} began. Go on?`;
    return await besides(reporter, () => ask(question, terminal));
  };
  return {
    ...(argv === undefined ? {} : { commandLine: { argv, cwd } }),
    ...(run === undefined ? {} : { resume: { run, changed } }),
  };
}

function leave(reporter: Reporter, status: number): never {
  reporter.close();
  Deno.exit(status);
}

/** Exit status when standard output was closed, as that of a program that SIGPIPE ended. */
const CLOSED = 141;

/** Runs an operation from its options to its exit status. */
export async function runOperation<R extends RunResult>(call: OperationCall<R>): Promise<number> {
  const { options, terminal } = call;
  const { configuration, folder, ...base } = await operationOptions(options, terminal, call.ahead);
  await (await import("./grants.ts")).agreeToGrants(configuration, options.yes, terminal);
  const place = placeFrom(terminal.cwd, folder);
  const excerpt = excerptFrom(folder);
  const view = { paint: terminal.err.paint, place, excerpt, verbose: options.verbose };
  const plugins = configuredPlugins(options, configuration, terminal);
  const detail = call.detail ?? detailOf(options);
  const reporter = await openReporter(
    options,
    terminal,
    place,
    { detail, told: call.told ?? false },
    plugins.reporters,
  );
  const watch = call.on === undefined ? undefined : (event: Event) => call.on?.(event);
  const audience = await openAudience(reporter, watch, plugins.notifiers, terminal);
  const interrupt = Promise.withResolvers<false>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unwatch = () => {};
  try {
    const asking = call.asks === false ? {} : askOptions(terminal, reporter);
    const { secretSources } = await import("./secrets.ts");
    const secrets = secretSources({ configuration, folder, terminal, plugins, ...asking });
    const resuming = resumption(options, terminal, reporter);
    const operation = call.begin({
      base: { ...base, ...asking, secrets, ...resuming, on: (event) => audience.event(event) },
      defaults: configuration.defaults,
      consent: consentOf(options, terminal, reporter, interrupt.promise),
    });
    audience.onGone(() => {
      operation.abort();
      operation.abort();
      timer = setTimeout(() => leave(reporter, CLOSED), GRACE);
    });
    unwatch = watchInterrupts(operation, {
      onSignal: terminal.onSignal,
      note: reporter.note,
      onFirst: () => interrupt.resolve(false),
      exit: (status) => leave(reporter, status),
    });
    const result = await operation;
    if (audience.gone) return CLOSED;
    await reporter.finish?.();
    reporter.close();
    if (result.failure !== undefined) terminal.err.write(renderFailure(result.failure, view));
    if (!options.json) call.show?.(result, place);
    await audience.notify();
    return result.exitCode;
  } catch (thrown) {
    // The failure of a run that had begun is its last event; here it is only put into words.
    if (audience.gone) return CLOSED;
    await reporter.finish?.();
    reporter.close();
    if (!audience.finished) throw withWholeOrigin(thrown, folder);
    terminal.err.write(renderError(thrown, view));
    await audience.notify();
    return exitCodeOf(thrown);
  } finally {
    clearTimeout(timer);
    unwatch();
    reporter.close();
  }
}
