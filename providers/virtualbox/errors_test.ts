import assert from "node:assert/strict";
import { commandText, isTransient, VBoxManageError } from "./errors.ts";

/** As 7.1 writes it. */
const LOCKED =
  `VBoxManage: error: The machine 'web-1' is already locked by a session (or being locked or unlocked)
VBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap, interface IMachine, callee nsISupports
VBoxManage: error: Context: "LockMachine(a->session, LockType_Write)" at line 640 of file VBoxManageModifyVM.cpp
`;

Deno.test("VBoxManageError says the command, VirtualBox's own words and its code, and no places in its source", () => {
  const error = new VBoxManageError(["modifyvm", "web 1", "--cpus", "2"], LOCKED, 1);
  assert.equal(
    error.message,
    "VBoxManage modifyvm 'web 1' --cpus 2 failed: The machine 'web-1' is already locked by a session (or being locked or unlocked) (VBOX_E_INVALID_OBJECT_STATE)",
  );
  assert.equal(error.code, "VBOX_E_INVALID_OBJECT_STATE");
  assert.match(error.help ?? "", /holds the machine/);
  assert.ok(isTransient(LOCKED));
});

Deno.test("VBoxManageError knows what helps, also where VBoxManage says nothing", () => {
  const helpOf = (said: string, status = 1) => new VBoxManageError(["startvm", "a"], said, status).help;
  assert.match(helpOf("", 126) ?? "", /VBoxManage may not be run: check its rights/);
  assert.equal(
    new VBoxManageError(["list", "vms"], "", 126).message,
    "VBoxManage list vms failed: status 126",
  );
  assert.match(
    helpOf("VBoxManage: error: Failed to open /dev/vboxnetctl: No such file") ?? "",
    /modprobe vboxnetadp/,
  );
  assert.match(
    helpOf("VBoxManage: error: VT-x is not available (VERR_VMX_NO_VMX)") ?? "",
    /firmware of this machine/,
  );
  assert.match(helpOf("VBoxManage: error: VERR_DISK_FULL") ?? "", /Free some space/);
  assert.equal(helpOf("VBoxManage: error: something else"), undefined);
  assert.equal(isTransient("VBoxManage: error: something else"), false);
  assert.equal(commandText(["list"]), "VBoxManage list");
});
