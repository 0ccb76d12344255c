#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh: install the Debian packages that building or testing needs and that are missing.
# usage: install.sh build | aarch64 | x86_64 | test (the architectures: to build for from another)
# Says nothing and changes nothing when all are there. Otherwise by apt, as root or by sudo;
# services that come with the packages are not started.
set -eu

# One package a line, sorted, so that adding one is a line in a diff.
build_packages='
gcc
libc6-dev
linux-libc-dev
make
patch
python3
python3-yaml
xz-utils
'
aarch64_packages='
gcc-aarch64-linux-gnu
linux-libc-dev-arm64-cross
'
x86_64_packages='
gcc-x86-64-linux-gnu
linux-libc-dev-amd64-cross
'
test_packages='
bats
btrfs-progs
buildah
ca-certificates
chromium
clang
curl
debootstrap
dropbear-bin
git
iproute2
jq
libclang-rt-14-dev
mandoc
nodejs
openssh-client
openssh-server
openssl
podman
postgresql
procps
python3
python3-jsonschema
python3-paramiko
python3-yaml
qemu-user-static
rsync
runc
shellcheck
strace
wget
yamllint
'

case ${1:-} in
build) packages=$build_packages ;;
aarch64) packages=$aarch64_packages ;;
x86_64) packages=$x86_64_packages ;;
test)
	packages=$test_packages
	# Some builds of nodejs bring it along, and exclude the package.
	command -v npm >/dev/null || packages="$packages npm"
	;;
*)
	printf 'usage: install.sh build | aarch64 | x86_64 | test\n' >&2
	exit 2
	;;
esac

missing=
for package in $packages; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		printf 'install.sh: install%s: neither root nor sudo\n' "$missing" >&2
		exit 3
	}
	sudo=sudo
fi
printf 'install: %s packages:%s\n' "$1" "$missing"

# While we install, packages may not start services: neither Debian's own policy hook says yes,
# nor does postgresql make its example cluster.
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/slipway.conf
made_policy=
made_cluster=
log=
cleanup() {
	[ -z "$log" ] || rm -f "$log"
	[ -z "$made_policy" ] || $sudo rm -f "$policy"
	[ -z "$made_cluster" ] || $sudo rm -f "$cluster"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
if [ ! -e "$policy" ]; then
	made_policy=1
	printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
	$sudo chmod 755 "$policy"
fi
if [ ! -e "$cluster" ]; then
	made_cluster=1
	$sudo mkdir -p "$(dirname "$cluster")"
	printf 'create_main_cluster = false\n' | $sudo tee "$cluster" >/dev/null
fi

log=$(mktemp)
run() {
	"$@" >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		printf 'install.sh: install%s: apt failed\n' "$missing" >&2
		exit 3
	}
}
run $sudo apt-get -qq -o DPkg::Lock::Timeout=300 update
# shellcheck disable=SC2086  # a list of packages
run $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
	install --no-install-recommends $missing
