# packages git
pallet_apt_install 300 -- git

# execCheckedScript check out https://example.org/it's.git to /srv/my app
pallet_script script <<'END_OF_SCRIPT'
if [ ! -d '/srv/my app/.git' ]; then
  git clone --quiet -- 'https://example.org/it'\''s.git' '/srv/my app'
elif ! git -C '/srv/my app' diff --quiet HEAD --; then
  git -C '/srv/my app' status --short --untracked-files=no >&2
  printf '%s has changes that are not committed\n' '/srv/my app' >&2
  exit 1
fi
git -C '/srv/my app' remote set-url origin 'https://example.org/it'\''s.git'
git -C '/srv/my app' fetch --quiet --tags origin v1.2.0
git -C '/srv/my app' checkout --quiet --detach FETCH_HEAD
END_OF_SCRIPT
pallet_script unless <<'END_OF_SCRIPT'
test "$(git -C '/srv/my app' remote get-url origin)" = 'https://example.org/it'\''s.git' || exit 1
wanted=$(git ls-remote -- 'https://example.org/it'\''s.git' refs/heads/v1.2.0 refs/tags/v1.2.0 'refs/tags/v1.2.0^{}' | tail -n 1 | cut -f 1) || exit 1
test -n "$wanted" && test "$(git -C '/srv/my app' rev-parse HEAD)" = "$wanted"
END_OF_SCRIPT
pallet_checked 'check out https://example.org/it'\''s.git to /srv/my app'
pallet_exec / deploy '' '' always '' bash

# execCheckedScript check out /srv/origin to /srv/head
pallet_script script <<'END_OF_SCRIPT'
if [ ! -d /srv/head/.git ]; then
  git clone --quiet -- /srv/origin /srv/head
elif ! git -C /srv/head diff --quiet HEAD --; then
  git -C /srv/head status --short --untracked-files=no >&2
  printf '%s has changes that are not committed\n' /srv/head >&2
  exit 1
fi
git -C /srv/head remote set-url origin /srv/origin
git -C /srv/head fetch --quiet --tags origin HEAD
git -C /srv/head checkout --quiet --detach FETCH_HEAD
END_OF_SCRIPT
pallet_script unless <<'END_OF_SCRIPT'
test "$(git -C /srv/head remote get-url origin)" = /srv/origin || exit 1
wanted=$(git ls-remote -- /srv/origin HEAD | tail -n 1 | cut -f 1) || exit 1
test -n "$wanted" && test "$(git -C /srv/head rev-parse HEAD)" = "$wanted"
END_OF_SCRIPT
pallet_checked 'check out /srv/origin to /srv/head'
pallet_exec / '' '' '' always '' bash

# execCheckedScript check out /srv/origin to /srv/commit
pallet_script script <<'END_OF_SCRIPT'
if [ ! -d /srv/commit/.git ]; then
  git clone --quiet -- /srv/origin /srv/commit
elif ! git -C /srv/commit diff --quiet HEAD --; then
  git -C /srv/commit status --short --untracked-files=no >&2
  printf '%s has changes that are not committed\n' /srv/commit >&2
  exit 1
fi
git -C /srv/commit remote set-url origin /srv/origin
git -C /srv/commit fetch --quiet --tags origin 0123456789abcdef0123456789abcdef01234567
git -C /srv/commit checkout --quiet --detach FETCH_HEAD
END_OF_SCRIPT
pallet_script unless <<'END_OF_SCRIPT'
test "$(git -C /srv/commit remote get-url origin)" = /srv/origin || exit 1
wanted=$(printf '%s\n' 0123456789abcdef0123456789abcdef01234567) || exit 1
test -n "$wanted" && test "$(git -C /srv/commit rev-parse HEAD)" = "$wanted"
END_OF_SCRIPT
pallet_checked 'check out /srv/origin to /srv/commit'
pallet_exec / '' '' '' always '' bash
