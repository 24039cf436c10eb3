"""ClickHouse's engine (chDB) for the benchmarks: one JSON request per line, one JSON response per line.

{"load": "events.duckdb", "into": folder}   copies the events unless that is already done
{"sql": statement, "repetitions": n}        runs it once for its rows and n times to measure it
"""

import json, os, shutil, sys, time

import chdb
from chdb import session as chdb_session

TEXTS = """from_path path title name source referrer country region city browser browser_version os os_version device
screen language""".split()
NUMBERS = {
    "project": "Int64", "occurred_at": "Int64", "visitor": "Int64", "kind": "Int16", "session_at": "Int64",
    "seq": "Nullable(Int32)", "gap": "Nullable(Int32)", "pageview_no": "Int32",
}
session = None


def load(source, folder):
    global session
    stamp = f"{os.path.getsize(source)} {os.path.getmtime(source)}" if os.path.exists(source) else ""
    stamp_file = folder + "/stamp"
    kept = os.path.exists(stamp_file) and open(stamp_file).read().split()[:1] == stamp.split()[:1]
    if not kept:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        copy(source, folder)
    session = session or chdb_session.Session(folder + "/data")
    session.query("SET max_threads = 2")
    if not kept:
        columns = ", ".join([f"{n} {t}" for n, t in NUMBERS.items()] + [f"{n} LowCardinality(String)" for n in TEXTS] + ["data Nullable(String)"])
        names = ", ".join([*NUMBERS, *TEXTS, "data"])
        session.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
        session.query(f"CREATE TABLE bench.activity ({columns}) ENGINE = MergeTree ORDER BY (project, occurred_at)")
        session.query(f"INSERT INTO bench.activity ({names}) SELECT {names} FROM file('{os.path.abspath(folder)}/rows.parquet', Parquet)")
        session.query("OPTIMIZE TABLE bench.activity FINAL")
        os.remove(folder + "/rows.parquet")
        open(stamp_file, "w").write(stamp)
    session.query("USE bench")
    return {"version": chdb.__version__}


def copy(source, folder):
    import duckdb

    connection = duckdb.connect(source, read_only=True)
    connection.execute("SET threads = 2; SET memory_limit = '1GB'; SET preserve_insertion_order = false")
    names = ", ".join([*NUMBERS, *TEXTS, "data"])
    connection.execute(f"COPY (SELECT {names} FROM core_activity) TO '{folder}/rows.parquet' (FORMAT parquet, COMPRESSION lz4)")
    connection.close()


def ask(statement, repetitions):
    rows, times = None, []
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        answer = session.query(statement + " SETTINGS max_threads = 2", "JSONCompactStrings")
        text = str(answer)
        times.append((time.perf_counter() - start) * 1000)
        rows = rows if rows is not None else json.loads(text)["data"]
    return {"milliseconds": times[1:], "rows": [["" if value is None else value for value in row] for row in rows]}


for line in sys.stdin:
    request = json.loads(line)
    try:
        if "load" in request:
            answer = load(request["load"], request["into"])
        else:
            answer = ask(request["sql"], request["repetitions"])
    except Exception as error:  # the benchmark decides what to do without ClickHouse
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
