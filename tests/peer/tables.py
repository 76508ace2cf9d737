"""Asks engines the questions of docs/fleet.sql over exported tables, and a plain reading of the logs.

    tables.py <jcode-session> <session-generate> <folder of the engines> <engine>...

All engines have to give the same rows; the sums have to be those of the logs; a second export has to change no byte.
"""

import collections
import datetime
import decimal
import glob
import hashlib
import json
import os
import subprocess
import sys
import tempfile

binary, generate, packages, *names = sys.argv[1:]
sys.path.insert(0, packages)

TABLES = ["sessions", "entries", "tool_calls", "usage"]


def duckdb(tables):
    import duckdb

    engine = duckdb.connect()
    for table, files in tables:
        parquet = f"read_parquet('{files}/**/*.parquet', hive_partitioning=true)"
        engine.execute(f"CREATE VIEW {table} AS SELECT * FROM {parquet}")
    return lambda query: engine.execute(query).fetchall()


def datafusion(tables):
    import datafusion

    engine = datafusion.SessionContext()
    for table, files in tables:
        partitions = "PARTITIONED BY (session_date, machine)"
        engine.sql(f"CREATE EXTERNAL TABLE {table} STORED AS PARQUET {partitions} LOCATION '{files}/'")
    return lambda query: [
        tuple(row.values()) for batch in engine.sql(query).collect() for row in batch.to_pylist()
    ]


def clickhouse(tables):
    import chdb.session

    engine = chdb.session.Session()
    for table, files in tables:
        parquet = f"file('{files}/**/*.parquet') SETTINGS use_hive_partitioning = 1"
        engine.query(f"CREATE VIEW {table} AS SELECT * FROM {parquet}")

    def ask(query):
        answer = engine.query(query, "JSONCompact")
        return json.loads(str(answer))["data"] if str(answer) else []

    return ask


def spark(tables):
    # Workers are processes of their own, which import the same packages.
    os.environ["PYTHONPATH"] = packages
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.log.level": "OFF",
    }
    engine = SparkSession.builder.master("local-cluster[2,1,1024]").config(map=settings).getOrCreate()
    for table, files in tables:
        engine.read.parquet(files).createOrReplaceTempView(table)
    return lambda query: [tuple(row) for row in engine.sql(query).collect()]


ENGINES = {"duckdb": duckdb, "datafusion": datafusion, "clickhouse": clickhouse, "spark": spark}


def digest(folder):
    """What stands in all files of a folder."""
    found = {}
    for path in glob.glob(os.path.join(folder, "**", "*"), recursive=True):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                found[path] = hashlib.sha256(file.read()).hexdigest()
    return found


def plain(value):
    """A value as all engines give it."""
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return str(value)[:10]
    return value


def rows(found):
    return [tuple(plain(value) for value in row) for row in found]


with tempfile.TemporaryDirectory() as home:
    sessions = os.path.join(home, "sessions")
    subprocess.run([generate, "home", sessions, "--sessions", "60"], check=True, stdout=subprocess.DEVNULL)
    for sample in glob.glob("tests/sample/*.jsonl"):
        with open(sample, "rb") as source, open(os.path.join(sessions, os.path.basename(sample)), "wb") as copy:
            copy.write(source.read())
    environment = {**os.environ, "JCODE_HOME": home, "JCODE_SESSION_OTHERS": "0"}
    target = os.path.join(home, "tables")
    export = [binary, "export", "--format", "parquet", "--all", "--text", "full", "--to", target]
    subprocess.run(export, check=True, env=environment, stdout=subprocess.DEVNULL)

    before = digest(target)
    subprocess.run(export, check=True, env=environment, stdout=subprocess.DEVNULL)
    assert before and digest(target) == before, "a second export changed a file"

    tables = [(table, os.path.join(target, table)) for table in TABLES]
    engines = {name: ENGINES[name](tables) for name in names}

    def asked(query):
        answers = {name: rows(ask(query)) for name, ask in engines.items()}
        first, *others = answers.items()
        for name, answer in others:
            assert answer == first[1], (query, first[0], first[1][:5], name, answer[:5])
        return first[1]

    passed = 1
    with open("docs/fleet.sql") as queries:
        for query in (line.strip().rstrip(";") for line in queries if line.startswith("SELECT")):
            assert asked(query), f"no row: {query}"
            passed += 1

    # The sums, by a plain reading of the logs.
    used, calls, entries = collections.Counter(), collections.Counter(), collections.Counter()
    for log in glob.glob(os.path.join(sessions, "**", "*.jsonl"), recursive=True):
        with open(log, "rb") as lines:
            read = [json.loads(line) for line in lines if line.strip()]
        header, read = read[0], read[1:]
        entries[header["id"]] = len(read)
        for entry in read:
            message = entry.get("message", {}) if entry["type"] == "message" else entry
            if entry["type"] in ("message", "usage"):
                for name in ("input", "output", "cacheRead", "cacheWrite"):
                    used[name] += message.get("usage", {}).get(name, 0)
            content = message.get("content") if isinstance(message.get("content"), list) else []
            for block in content:
                if isinstance(block, dict) and block.get("type") in ("toolCall", "tool_use"):
                    calls[block["name"]] += 1
    sums = "SELECT sum(input), sum(output), sum(cache_read), sum(cache_write) FROM usage"
    assert asked(sums) == [tuple(used[name] for name in ("input", "output", "cacheRead", "cacheWrite"))]
    assert dict(asked("SELECT tool, count(*) FROM tool_calls GROUP BY tool ORDER BY tool")) == dict(calls)
    assert dict(asked("SELECT session_id, entries FROM sessions ORDER BY session_id")) == dict(entries)
    counted = "SELECT session_id, count(*) FROM entries GROUP BY session_id ORDER BY session_id"
    assert dict(asked(counted)) == {session: count for session, count in entries.items() if count}
    passed += 4
print(f"tables: {passed} passed, 0 failed ({', '.join(names)})")
