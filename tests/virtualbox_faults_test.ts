// What VirtualBox does not do as it was told: each time it is waited for, worked around, or said with the command.
import assert from "node:assert/strict";
import { made, makeForeign, onStage } from "./support/virtualbox.ts";

Deno.test("fault 44: a machine that is locked for a while is waited for, one that stays locked is named with the command", () =>
  onStage({}, async ({ standIn, open, make }) => {
    const locked =
      "VBoxManage: error: The machine 'web-1' is already locked by a session (or being locked or unlocked)\nVBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap, interface IMachine, callee nsISupports\n";
    await standIn.fail({ command: ["modifyvm"], word: "--cpus", times: 2, stderr: locked });
    const box = await open();
    made(await make(box, ["web-1"]));
    await standIn.fail({ command: ["modifyvm"], word: "--cpus", times: 3, stderr: locked });
    const [result] = await make(box, ["web-2"]);
    assert.ok(result !== undefined && "error" in result);
    assert.match(
      result.error,
      /setting its attributes: VBoxManage modifyvm .* failed: The machine 'web-1' is already locked by a session/,
    );
    assert.match(result.help ?? "", /close it there.*is removed; option keep-failed/);
  }));

Deno.test("fault 44: an error with exit status 0 is an error", () =>
  onStage({}, async ({ standIn, open, make }) => {
    await standIn.fail({
      command: ["startvm"],
      times: 1,
      status: 0,
      stderr: "VBoxManage: error: The VM session was closed before any attempt to power it on\n",
    });
    const box = await open();
    const [result] = await make(box, ["web-1"]);
    assert.ok(result !== undefined && "error" in result);
    assert.match(result.error, /starting it: VBoxManage startvm .* failed: The VM session was closed/);
    assert.deepEqual((await standIn.read()).machines, []);
  }));

Deno.test("fault 44: a command that hangs is ended, and said to have hung", () =>
  onStage({}, async ({ standIn, open }) => {
    const box = await open({ "command-timeout": 2 });
    await box.nodes();
    await standIn.fail({ command: ["list", "--long"], times: 1, pause: 60 });
    await assert.rejects(() => box.nodes(), /list --long vms did not end within 2 seconds/);
    assert.deepEqual(await box.nodes(), []);
  }));

Deno.test("fault 44: a name that another machine has is refused, and that machine left alone", () =>
  onStage({}, async (stage) => {
    const { standIn, open, make } = stage;
    await makeForeign(stage, "web-1");
    const box = await open();
    assert.deepEqual(await box.nodes(), [], "foreign machines are no nodes");
    const results = await make(box, ["web-1", "web-2"]);
    assert.match(
      JSON.stringify(results),
      /VirtualBox has a machine \\"web-1\\" .* already, which is not of this service/,
    );
    assert.deepEqual((await box.nodes()).map(({ name }) => name), ["web-2"]);
    await box.destroy(await box.nodes());
    assert.deepEqual((await standIn.read()).machines.map(({ name }) => name), ["web-1"]);
  }));

Deno.test("fault 44: a version that nobody knows yet is not refused", () =>
  onStage({ version: "9.3.0r999999" }, async ({ open, make }) => {
    const box = await open();
    assert.deepEqual(await box.check(), []);
    made(await make(box, ["web-1"]));
  }));

Deno.test("fault 44: a host-only interface is made once where there is none, and its range looked at first", () =>
  onStage({ hostOnly: [], dhcp: [] }, async ({ standIn, open, make }) => {
    const refused = await open({ "local-range": "10.77.0.0/24" });
    const problems = await refused.validate({});
    assert.match(
      JSON.stringify(problems),
      /does not allow host-only interfaces of 10\.77\.0\.0\/24.*networks\.conf/,
    );
    assert.match(JSON.stringify(await refused.check()), /10\.77\.0\.0\/24/);
    await standIn.calls();
    const box = await open({ parallel: 2 });
    made(await make(box, ["web-1", "web-2", "web-3", "web-4"]));
    const calls = await standIn.calls();
    const begun = calls.map(([command], at) =>
      command !== "createvm"
        ? 0
        : calls.slice(0, at + 1).filter(([one, name]) => one === "createvm" && name !== undefined).length -
          calls.slice(0, at).filter(([one]) => one === "startvm").length
    );
    assert.equal(Math.max(...begun), 2, "no more than two are made at one time");
    assert.equal(calls.filter(([command, what]) => command === "hostonlyif" && what === "create").length, 1);
    const { hostOnly, dhcp } = await standIn.read();
    assert.deepEqual(hostOnly, [{
      name: "vboxnet0",
      address: "192.168.56.1",
      netmask: "255.255.255.0",
      up: true,
    }]);
    assert.deepEqual(dhcp.map(({ lower, upper, enabled }) => [lower, upper, enabled]), [[
      "192.168.56.64",
      "192.168.56.254",
      true,
    ]]);
  }));
