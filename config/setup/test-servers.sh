#!/usr/bin/env bash
# Runs a command with its own PostgreSQL, Redis and S3, and removes them when it ends:
#
#   config/setup/test-servers.sh swift test
#   config/setup/test-servers.sh bash          to look around
#
# All run in a temporary folder and listen on 127.0.0.1 and on sockets in that folder; the machine's own servers are
# neither used nor changed. PostgreSQL deliberately sorts by language (ICU, de-DE) instead of by bytes, and its time zone is
# New York instead of UTC. The command finds the servers through
#
#   PULSE_TEST_DATABASE_URL   a role that may create databases and owns this one; `postgres` is the superuser, and
#                             neither has a password
#   PULSE_TEST_REDIS_URL
#   PULSE_TEST_CITUS_NODES    the ports of a Citus cluster, if Citus is installed: its coordinator and three workers. With
#                             PULSE_TEST_ENGINE=citus, the coordinator is the server of PULSE_TEST_DATABASE_URL
#   PULSE_TEST_S3_URL         moto, which acts as S3, if moto.sh has fetched it
#   PULSE_TEST_SOCKETS        the folder with the sockets: .s.PGSQL.<port>, redis.sock
#   DUCKDB_LIBRARY            the library that `make` fetched, unless another one is set
# shellcheck disable=SC2317  # functions that are called by name or by trap
set -euo pipefail

if [[ $# -eq 0 ]]; then
    echo "usage: config/setup/test-servers.sh command [argument ...]" >&2
    exit 2
fi

# The newest PostgreSQL on the machine.
initdb=$(find /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort --version-sort | tail -1 || true)
initdb=${initdb:-$(command -v initdb || true)}
redis=$(command -v redis-server redis-check-rdb | head -1 || true)
if [[ -z $initdb || -z $redis ]]; then
    echo "The tests need PostgreSQL and Redis. Install them with: config/setup/install.sh test" >&2
    exit 1
fi
postgres=$(dirname "$(readlink -f "$initdb")")
while read -r variable; do unset "$variable"; done < <(compgen -e PG || true) # the user's own PGHOST, PGDATA ...
export PATH=$postgres:$PATH # Debian's own psql is a script that looks for a cluster first

# Tests may run from any folder, and Pulse does not look for the library in the working folder.
fetched=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.tools/duckdb/libduckdb.so
[[ -n ${DUCKDB_LIBRARY:-} || ! -e $fetched ]] || export DUCKDB_LIBRARY=$fetched

servers=()
child=
stop() {
    trap - EXIT
    [[ ${#servers[@]} -eq 0 ]] || kill -INT "${servers[@]}" 2>/dev/null || true # PostgreSQL: at once, even with clients connected
    wait "${servers[@]}" 2>/dev/null || true
    if [[ -e $folder/node.sh ]]; then
        for number in 0 1 2 3; do "$folder/node.sh" "$number" stop -m immediate 2>/dev/null || true; done
    fi
    rm -rf "$folder"
}
folder=$(mktemp -d "${TMPDIR:-/tmp}/pulse-test.XXXXXX")
[[ ${#folder} -le 80 ]] || { rmdir "$folder"; folder=$(mktemp -d /tmp/pulse-test.XXXXXX); } # socket paths have a length limit
trap stop EXIT

# PostgreSQL refuses to run as root. If this script is killed outright, the servers get a SIGINT.
as_user=(setpriv)
if [[ $(id -u) -eq 0 ]]; then
    user=$(id -u postgres >/dev/null 2>&1 && echo postgres || echo nobody)
    chown "$user" "$folder"
    as_user+=(--reuid "$user" --regid "$(id -g "$user")" --clear-groups)
fi
as_server=("${as_user[@]}" --pdeathsig INT)

settings=(
    -c listen_addresses=127.0.0.1 -c max_connections=200 -c timezone=America/New_York
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off
)
# The benchmarks want servers that maintain their statistics, with the memory of a small machine.
if [[ ${PULSE_TEST_PURPOSE:-} == bench ]]; then
    settings+=(-c shared_buffers=1GB -c effective_cache_size=4GB -c max_wal_size=4GB -c autovacuum_naptime=10s)
else
    settings+=(-c autovacuum=off)
fi
launch_postgres() {
    exec "${as_server[@]}" "$postgres/postgres" -D "$folder/postgres" -k "$folder" -p "$1" "${settings[@]}"
}
postgres_answers() { "$postgres/pg_isready" --quiet --host "$folder" --port "$1"; }

launch_redis() {
    exec "${as_server[@]}" "$folder/redis-server" --bind 127.0.0.1 --port "$1" --unixsocket "$folder/redis.sock" \
        --dir "$folder" --save "" --appendonly no
}
redis_answers() { [[ $(redis-cli -s "$folder/redis.sock" ping 2>/dev/null) == PONG ]]; }

# moto keeps objects in memory. It runs as the current user, with the Python that fetched it, but without packages of the user's own (-s).
moto=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.tools/moto
launch_moto() {
    PYTHONPATH=$moto PYTHONDONTWRITEBYTECODE=1 exec setpriv --pdeathsig INT \
        python3 -s -c 'from moto.server import main; main()' -H 127.0.0.1 -p "$1"
}
moto_answers() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the system's ephemeral ports, so no connection of the tests can occupy it.
free_port() {
    local port
    while port=$((20000 + RANDOM % 10000)) && (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# Starts a server on a free port, waits until it answers and leaves the port in `port`. If another process takes the port
# first, the server exits and the next port is tried.
start() {
    local server tries
    for _ in 1 2 3; do
        port=$(free_port)
        "launch_$1" "$port" >>"$folder/$1.log" 2>&1 &
        server=$!
        servers+=("$server")
        for ((tries = 0; tries < 600; tries++)); do
            if ! kill -0 "$server" 2>/dev/null; then break; fi
            if "$1_answers" "$port"; then return; fi
            sleep 0.1
        done
    done
    echo "$1 did not start:" >&2
    tail -20 "$folder/$1.log" >&2
    exit 1
}

# Sorts by language, as most servers do, if the version can (15 and later), and uses a local time zone: SQL that relies on
# byte order or UTC without saying so fails here and not in production.
collation=(--locale C.UTF-8)
if "$initdb" --help | grep -q icu-locale; then collation+=(--locale-provider icu --icu-locale de-DE); fi
create_postgres() {
    (
        cd "$folder"
        "${as_user[@]}" "$initdb" -D "$1" --username postgres --auth trust --encoding UTF8 --no-sync "${collation[@]}"
    ) >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
}
sql() { "$postgres/psql" --quiet --no-psqlrc --host "$folder" --port "$1" --username postgres --set ON_ERROR_STOP=1 "${@:2}"; }
roles=(--command 'CREATE ROLE pulse LOGIN CREATEDB' --command 'ALTER DATABASE postgres OWNER TO pulse')

create_postgres postgres
start postgres
sql "$port" "${roles[@]}" postgres
export PULSE_TEST_DATABASE_URL="postgresql://pulse@127.0.0.1:$port/postgres"

# A cluster of Citus. Its nodes are started by a script of their own, with which tests stop and start them. New databases are
# copies of a template with the extension; tests create them on each node, and make the nodes known to each other.
if [[ -e $postgres/../lib/citus.so || -e $postgres/../lib/postgresql/citus.so ]]; then
    nodes=()
    for number in 0 1 2 3; do
        create_postgres "node$number"
        nodes+=("$(free_port)")
    done
    cat >"$folder/node.sh" <<END
#!/usr/bin/env bash
# node.sh NUMBER COMMAND: starts or stops a node of the cluster with pg_ctl, such as \`node.sh 2 stop -m immediate\`.
set -euo pipefail
ports=(${nodes[*]})
cd "$folder"
# Citus has a worker process in each database, and moving a shard takes more. The server would keep what its starter has open.
for open in /proc/self/fd/*; do [[ \${open##*/} -le 2 ]] || eval "exec \${open##*/}>&-"; done
# Citus connects to itself as a client, and would look for certificates in the home folder of the current user.
HOME=$folder exec ${as_user[*]} "$postgres/pg_ctl" -D "$folder/node\$1" -w -s -l "$folder/node\$1.log" "\${@:2}" \
    -o "-k $folder -p \${ports[\$1]} ${settings[*]} -c shared_preload_libraries=citus -c max_prepared_transactions=200 -c wal_level=logical -c max_worker_processes=64"
END
    chmod 755 "$folder/node.sh"
    for number in 0 1 2 3; do
        "$folder/node.sh" "$number" start
        sql "${nodes[number]}" "${roles[@]}" --command 'CREATE DATABASE citus_template OWNER pulse' postgres
        sql "${nodes[number]}" --command 'CREATE EXTENSION citus' citus_template
        sql "${nodes[number]}" --command "ALTER DATABASE citus_template IS_TEMPLATE true ALLOW_CONNECTIONS false" \
            --command "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'citus_template'" --output /dev/null postgres
        sql "${nodes[number]}" --command 'CREATE EXTENSION citus' postgres
    done
    sql "${nodes[0]}" --command "SELECT citus_set_coordinator_host('127.0.0.1', ${nodes[0]})" --output /dev/null postgres
    for number in 1 2 3; do
        sql "${nodes[0]}" --command "SELECT citus_add_node('127.0.0.1', ${nodes[number]})" --output /dev/null postgres
    done
    export PULSE_TEST_CITUS_NODES="${nodes[*]}"
    if [[ ${PULSE_TEST_ENGINE:-} == citus ]]; then
        export PULSE_TEST_DATABASE_URL="postgresql://pulse@127.0.0.1:${nodes[0]}/postgres"
    fi
fi

ln -s "$redis" "$folder/redis-server" # redis-check-rdb acts as the server under this name
start redis
export PULSE_TEST_REDIS_URL="redis://127.0.0.1:$port/0"
export PULSE_TEST_SOCKETS=$folder
if [[ -e $moto/stamp ]]; then
    start moto
    export PULSE_TEST_S3_URL="http://127.0.0.1:$port"
fi

# Runs in the background, since bash handles no signals while it waits for a foreground command, but with a foreground
# command's terminal and signals. Ctrl-C reaches the command directly.
trap 'kill -TERM "$child" 2>/dev/null' TERM HUP
trap : INT
{ : <&0; } 2>/dev/null || exec </dev/null
env --default-signal=INT,QUIT "$@" <&0 &
child=$!
status=0
while
    wait "$child" && status=0 || status=$?
    kill -0 "$child" 2>/dev/null
do :; done
exit "$status"
