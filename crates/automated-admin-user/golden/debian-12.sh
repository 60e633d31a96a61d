# packages sudo
pallet_apt_install 300 -- sudo

# user ops
pallet_user ops manage 'shell=/bin/bash' 'home=/home/ops' 'create_home=true'

# directory /home/ops/.ssh
pallet_directory /home/ops/.ssh ops ops 0700 false

# remoteFile /home/ops/.ssh/authorized_keys
pallet_content 01b0f7d2eb4bf8a8a9afaf29a628594d6786b19502fd7249bb7b8ff8f171db50 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample0 ops@desk
from="10.0.0.0/8",no-agent-forwarding ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample0 it'\''s a key
'
pallet_remote_file /home/ops/.ssh/authorized_keys ops ops 0600 5 false ''

# remoteFile /etc/sudoers.d/90-ops
pallet_content a5c37fe60122172846fab32c8e79be3a3da3f5f8621e8a5f7b5576da9f8ab0c0 'Defaults:ops env_keep += "SSH_AUTH_SOCK"
ops ALL=(ALL:ALL) NOPASSWD: ALL
'
pallet_remote_file /etc/sudoers.d/90-ops '' '' 0440 5 false 'visudo -c -f "$file"'
