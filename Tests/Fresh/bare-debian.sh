#!/usr/bin/env bash
# Tests the two commands on a bare machine: a Debian 12 made by debootstrap (minbase) with `make` and Swift.
# Not part of `make test`: it needs root, debootstrap, several GB, and time to build everything from scratch.
#
#   Tests/Fresh/bare-debian.sh                  make test
#   Tests/Fresh/bare-debian.sh run              make run, until http://localhost:8080/healthz answers
#   Tests/Fresh/bare-debian.sh COMMAND ...      any other command, in the root of the repository
#
# From this machine it takes the commit at HEAD, the toolchain, and the access to packages (apt's sources and network
# settings, pip's configuration, custom certificate authorities, name resolution, proxies).
#
#   SWIFT_HOME        folder of the toolchain, with usr/bin/swift in it; default: the one on the PATH
#   PACKAGE_MIRRORS   folder with copies of the Swift packages, for a machine that can't reach them; git's `insteadOf`
#                     settings of this machine are then copied
#   WORK_TREE=1       use the files as they are now, instead of the commit
#   BARE              folder in which the machine is kept and reused; default: a new one, removed at the end
#   PULSE_PORT        a port other than 8080 for `run`, since the machine shares this one's network
#
# Mounts and processes have their own namespaces, so they are gone however this script ends.
set -euo pipefail

release=bookworm

die() {
    echo "bare-debian: $*" >&2
    exit 1
}

repository=$(cd "$(dirname "$0")/../.." && pwd)
swift_home=${SWIFT_HOME:-$(realpath "$(dirname "$(readlink -f "$(command -v swift)")")/../..")}
mirrors=${PACKAGE_MIRRORS:-}

[[ $(id -u) -eq 0 ]] || die "needs root"
command -v debootstrap >/dev/null || die "needs debootstrap"
[[ -x $swift_home/usr/bin/swift && $swift_home != / ]] || die "no toolchain in a folder of its own: set SWIFT_HOME"
[[ -z $mirrors || -d $mirrors ]] || die "no folder $mirrors"

if [[ -n ${BARE:-} ]]; then
    mkdir -p "$BARE"
    root=$(realpath "$BARE")
else
    root=$(mktemp -d "${TMPDIR:-/var/tmp}/bare-debian.XXXXXX")
    chmod 755 "$root" # inside, it is / for all users
fi

machine= # the process that everything inside descends from
# shellcheck disable=SC2317  # called by trap
stop() {
    [[ -z $machine ]] || { kill -KILL "$machine" && wait "$machine"; } 2>/dev/null || true
    [[ -n ${BARE:-} ]] || rm -rf --one-file-system "$root" || { sleep 2 && rm -rf --one-file-system "$root"; }
}
trap stop EXIT

# Debian's own repositories as this machine reaches them: lines of `address suite`.
repositories() {
    # shellcheck disable=SC2016  # apt fills these in
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
        grep -E " $release(-updates|-security)?\$" | sort -u
}

make_machine() {
    local address suite key value
    repositories | grep -q " $release\$" || die "apt knows no $release here: is its sources list there, apt-get update run?"
    address=$(repositories | sed -n "s/ $release\$//p" | head -1)
    debootstrap --variant=minbase --include=make "$release" "$root" "$address" >"$root.log" || die "see $root.log"
    rm "$root.log"

    repositories | while read -r address suite; do echo "deb $address $suite main"; done >"$root/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(Check-|Retries|https?)' >"$root/etc/apt/apt.conf.d/90-this-machine" || true
    [[ ! -d /etc/apt/auth.conf.d ]] || cp -r /etc/apt/auth.conf.d "$root/etc/apt/"
    [[ ! -f /etc/pip.conf ]] || cp /etc/pip.conf "$root/etc/"
    [[ ! -f ~/.config/pip/pip.conf ]] || install -D ~/.config/pip/pip.conf "$root/root/.config/pip/pip.conf"
    cp -L /etc/hosts /etc/resolv.conf "$root/etc/"
    mkdir -p "$root/usr/local/share/ca-certificates" # the package ca-certificates picks these up
    cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"

    if [[ -n $mirrors ]]; then
        git config --get-regexp '^url\..*\.insteadof$' | while read -r key value; do
            git config --file "$root/etc/gitconfig" --add "$key" "$value"
        done
    fi
}

copy_repository() {
    if [[ -n ${WORK_TREE:-} ]]; then
        mkdir -p "$root/root/pulse"
        find "$root/root/pulse" -mindepth 1 -maxdepth 1 ! -name .build ! -name .tools -exec rm -rf {} +
        git -C "$repository" ls-files -z --cached --others --exclude-standard |
            tar --create --ignore-failed-read --directory "$repository" --null --files-from - |
            tar --extract --directory "$root/root/pulse"
    else
        rm -rf "$root/root/pulse"
        git clone --quiet "$repository" "$root/root/pulse"
    fi
}

# Runs inside: starts Pulse, waits for it, shows what it printed.
# shellcheck disable=SC2016  # expanded inside
run_and_ask='
    port=${PULSE_PORT:-8080}
    make run >/root/run.log 2>&1 &
    server=$!
    until curl --silent --fail "http://localhost:$port/healthz" 2>/dev/null; do
        kill -0 $server 2>/dev/null || { tail -50 /root/run.log; echo "make run ended without serving"; exit 1; }
        sleep 1
    done
    echo; cat /root/run.log'

case "${1:-}" in
    "") inside=(make test) ;;
    run) inside=(bash -c "$run_and_ask") ;;
    *) inside=("$@") ;;
esac

[[ -x $root/usr/bin/make ]] || make_machine
copy_repository

# The new machine's environment: only the network settings come from this one.
environment=(HOME=/root LANG=C.UTF-8 "TERM=${TERM:-dumb}"
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$swift_home/usr/bin")
for name in CI PULSE_PORT {http,https,no}_proxy {HTTP,HTTPS,NO}_PROXY PIP_INDEX_URL PIP_EXTRA_INDEX_URL; do
    [[ -z ${!name:-} ]] || environment+=("$name=${!name}")
done

# In the background, so a signal ends it at once; with the terminal and the signals of a foreground command.
started=$SECONDS
{ : <&0; } 2>/dev/null || exec </dev/null
# shellcheck disable=SC2016  # expanded inside
setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child bash -euc '
    root=$1; shift
    while [[ $1 != -- ]]; do
        mkdir -p "$root$1"
        mount --bind -o ro "$1" "$root$1"
        shift
    done
    shift
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/dev/shm"
    chroot "$root" env -i --default-signal=INT,QUIT "$@"
' bash "$root" "$swift_home" ${mirrors:+"$mirrors"} -- "${environment[@]}" \
    sh -c 'cd /root/pulse && exec "$@"' sh "${inside[@]}" <&0 &
machine=$!
status=0
wait "$machine" || status=$?
machine=
echo "bare-debian: '${*:-make test}' ended with $status after $((SECONDS - started)) s"
exit "$status"
