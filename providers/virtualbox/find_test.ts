import assert from "node:assert/strict";
import { findVBoxManage, type Places, plainLocale } from "./find.ts";

/** A machine with these files, variables and outputs of programs. */
function places(os: string, has: readonly string[], more: Partial<Places> = {}): Places {
  return {
    os,
    env: () => undefined,
    isFile: (path) => Promise.resolve(has.includes(path)),
    output: () => Promise.resolve(undefined),
    ...more,
  };
}

Deno.test("findVBoxManage() looks on the PATH, on macOS in /Applications too", async () => {
  const env = (name: string) => name === "PATH" ? "/usr/bin:/opt/bin" : undefined;
  assert.equal(
    await findVBoxManage(places("linux", ["/opt/bin/VBoxManage"], { env })),
    "/opt/bin/VBoxManage",
  );
  assert.equal(
    await findVBoxManage(places("linux", ["/usr/bin/vboxmanage"], { env })),
    "/usr/bin/vboxmanage",
  );
  const application = "/Applications/VirtualBox.app/Contents/MacOS/VBoxManage";
  assert.equal(await findVBoxManage(places("darwin", [application], { env })), application);
  await assert.rejects(findVBoxManage(places("linux", [application], { env })), /Cannot find VBoxManage/);
});

Deno.test("findVBoxManage() looks on Windows where the setup, the registry and the PATH say", async () => {
  const program = "D:\\Virtual Box\\VBoxManage.exe";
  const found = (more: Partial<Places>) => findVBoxManage(places("windows", [program], more));
  const variable = (name: string, value: string) => ({
    env: (one: string) => one === name ? value : undefined,
  });
  assert.equal(await found(variable("VBOX_MSI_INSTALL_PATH", "D:\\Virtual Box\\")), program);
  assert.equal(await found(variable("PATH", "C:\\Windows;D:\\Virtual Box")), program);
  const asked: (readonly string[])[] = [];
  const output = (name: string, args: readonly string[]) => {
    asked.push([name, ...args]);
    return Promise.resolve(
      "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Oracle\\VirtualBox\r\n    InstallDir    REG_SZ    D:\\Virtual Box\\\r\n\r\n",
    );
  };
  assert.equal(await found({ output }), program);
  assert.deepEqual(asked, [
    ["reg", "query", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Oracle\\VirtualBox", "/v", "InstallDir"],
  ]);
  const usual = "C:\\Program Files\\Oracle\\VirtualBox\\VBoxManage.exe";
  assert.equal(await findVBoxManage(places("windows", [usual])), usual);
});

Deno.test("plainLocale() is English, and knows letters beyond ASCII where this machine does", async () => {
  const listed = (os: string, text?: string) =>
    plainLocale(places(os, [], { output: () => Promise.resolve(text) }));
  assert.equal(await listed("linux", "C\nC.utf8\nde_DE.utf8\nen_US.utf8\nPOSIX\n"), "C.utf8");
  assert.equal(await listed("linux", "C\nde_DE.utf8\nen_US.UTF-8\nPOSIX\n"), "en_US.UTF-8");
  assert.equal(await listed("linux", "C\nPOSIX\n"), "C");
  assert.equal(await listed("linux"), "C");
  assert.equal(await listed("darwin"), "en_US.UTF-8");
  assert.equal(await listed("windows"), "C");
});
