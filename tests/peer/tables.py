"""Asks DuckDB and DataFusion the questions of docs/fleet.sql over exported tables, and a plain reading of the logs.

    tables.py <jcode-session> <session-generate> <folder of the engines>

Both engines have to give the same rows; the sums have to be those of the logs.
"""

import collections
import datetime
import decimal
import glob
import json
import os
import subprocess
import sys
import tempfile

binary, generate, packages = sys.argv[1:]
sys.path.insert(0, packages)
import datafusion  # noqa: E402
import duckdb  # noqa: E402

TABLES = ["sessions", "entries", "tool_calls", "usage"]


def plain(value):
    """A value as both engines give it."""
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

    duck, fusion = duckdb.connect(), datafusion.SessionContext()
    for table in TABLES:
        files = os.path.join(target, table)
        duck.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{files}/**/*.parquet', hive_partitioning=true)")
        fusion.sql(
            f"CREATE EXTERNAL TABLE {table} STORED AS PARQUET PARTITIONED BY (session_date, machine) LOCATION '{files}/'"
        )

    def asked(query):
        of_duck = rows(duck.execute(query).fetchall())
        batches = fusion.sql(query).collect()
        of_fusion = rows(tuple(row.values()) for batch in batches for row in batch.to_pylist())
        assert of_duck == of_fusion, (query, of_duck[:5], of_fusion[:5])
        return of_duck

    passed = 0
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
print(f"tables: {passed} passed, 0 failed")
