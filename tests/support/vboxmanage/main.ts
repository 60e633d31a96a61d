// The stand-in for VirtualBox, for tests: what VBoxManage asks for is done here, as VirtualBox's own service would do
// it, also when the asking process is ended. Argument: the folder of its state. Ends with its standard input.
import { run } from "./commands.ts";
import { Failure } from "./failure.ts";
import { isNew } from "./modifyvm.ts";
import { type Fault, Store } from "./state.ts";

const [folder = ""] = Deno.args;
const store = new Store(folder);

interface Reply {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A failure that was ordered for this command, if there is one. */
async function ordered(args: readonly string[]): Promise<Fault | undefined> {
  const { faults } = await store.read();
  if (faults.length === 0) return undefined;
  return await store.change((state) => {
    const found = state.faults.find(({ command, word, times }) =>
      times > 0 && command.every((one, at) => args[at] === one) && (word === undefined || args.includes(word))
    );
    if (found !== undefined) found.times--;
    return found;
  });
}

async function answer(args: readonly string[], isGone: () => boolean): Promise<Reply> {
  await Deno.writeTextFile(`${folder}/calls`, `${JSON.stringify(args)}\n`, { append: true });
  const fault = await ordered(args);
  if (fault?.pause !== undefined) {
    const pause = fault.pause * 1000;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  if (fault?.stderr !== undefined) return { status: fault.status ?? 1, out: "", err: fault.stderr };
  // Ended before it had asked for anything.
  if (isGone()) return { status: 1, out: "", err: "" };
  try {
    const said = await run(store, args);
    // Since 7.0 how far it is goes to standard error.
    const far = isNew((await store.read()).version) ? /^0%[\d%.]*100%\n/.exec(said)?.[0] ?? "" : "";
    return { status: 0, out: said.slice(far.length), err: far };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: error.status, out: "", err: error.text };
  }
}

/** A command line: how many words it has, then these, a zero byte after each. */
async function readWords(connection: Deno.Conn): Promise<readonly string[]> {
  const decoder = new TextDecoder();
  let text = "";
  for (const buffer = new Uint8Array(65536);;) {
    const [count, ...words] = text.split("\0");
    if (words.length > Number(count)) return words.slice(0, -1);
    const length = await connection.read(buffer);
    if (length === null) throw new Error("a command line without an end");
    text += decoder.decode(buffer.subarray(0, length), { stream: true });
  }
}

async function serve(connection: Deno.Conn): Promise<void> {
  try {
    const words = await readWords(connection);
    let gone = false;
    void connection.read(new Uint8Array(1)).catch(() => null).then(() => gone = true);
    const { status, out, err } = await answer(words, () => gone);
    const [outBytes, errBytes] = [out, err].map((text) => new TextEncoder().encode(text));
    const head = `${status} ${outBytes?.length} ${errBytes?.length}\n`;
    let bytes = new TextEncoder().encode(`${head}${out}${err}`);
    while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)) {
      console.error(error);
    }
  } finally {
    connection.close();
  }
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
void (async () => {
  for await (const _ of Deno.stdin.readable) continue;
  Deno.exit(0);
})();
for await (const connection of listener) void serve(connection);
