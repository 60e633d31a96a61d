import assert from "node:assert/strict";

const MODULE = new URL("./system_file.ts", import.meta.url).href;
const ignore = Deno.build.os !== "linux";

/** Runs a module that may read and run everything, and load no foreign code: Deno then refuses what is below /proc. */
async function run(text: string): Promise<{ readonly code: number; readonly out: string }> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, `import { readSystemFile } from ${JSON.stringify(MODULE)};\n${text}`);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--no-config", "--allow-read", "--allow-run", file],
      stdin: "null",
    }).output();
    return { code, out: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test(
  { name: "readSystemFile() reads several files at once where Deno refuses them", ignore },
  async () => {
    const { code, out } = await run(`
    try { Deno.readTextFileSync("/proc/self/mounts"); Deno.exit(9); } catch { /* as expected */ }
    const names = ["/proc/self/mounts", "/proc/1/stat", "/proc/sys/kernel/random/boot_id"];
    const texts = await Promise.all(names.map(readSystemFile));
    console.log(texts.map((text) => text.length > 0), texts[2].trim().length, texts[1].startsWith("1 ("));
  `);
    assert.deepEqual([code, out], [0, "[ true, true, true ] 36 true\n"]);
  },
);

Deno.test(
  { name: "readSystemFile() says what is wrong with one file, and reads the next", ignore },
  async () => {
    const { code, out } = await run(`
    const [wrong, right] = await Promise.allSettled(
      ["/proc/none", "/proc/sys/kernel/random/boot_id"].map(readSystemFile));
    console.log(wrong.reason.message, right.value.trim().length);
  `);
    assert.equal(code, 0);
    assert.match(out, /\/proc\/none: No such file.* 36\n$/);
  },
);

Deno.test({ name: "readSystemFile() lets the program end, and its shell ends before", ignore }, async () => {
  const { code, out } = await run(`
    const shell = (await readSystemFile("/proc/self/status")).match(/^Pid:\\s*(\\d+)$/m)[1];
    const runs = async () => (await new Deno.Command("kill", { args: ["-0", shell], stderr: "null" }).output()).success;
    console.log(await runs());
    for (let left = 100; left > 0 && await runs(); left--) await new Promise((go) => setTimeout(go, 20));
    console.log(await runs(), (await readSystemFile("/proc/1/stat")).startsWith("1 ("));
  `);
  assert.deepEqual([code, out], [0, "true\nfalse true\n"]);
});

Deno.test({ name: "readSystemFile() starts another shell when one was killed", ignore }, async () => {
  const { code, out } = await run(`
    const status = await readSystemFile("/proc/self/status");
    Deno.kill(Number(status.match(/^Pid:\\s*(\\d+)$/m)[1]), "SIGKILL");
    let text;
    for (let left = 20; text === undefined && left > 0; left--) {
      text = await readSystemFile("/proc/1/stat").catch(() => undefined);
    }
    console.log(text.startsWith("1 ("));
  `);
  assert.deepEqual([code, out], [0, "true\n"]);
});
