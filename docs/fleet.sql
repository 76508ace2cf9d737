-- Questions over the tables of `jcode-session export --format parquet`, one a line, in the SQL that DuckDB, DataFusion,
-- ClickHouse and Spark share. docs/fleet.md says how each engine finds the tables.

-- Tokens and cost by day and model.
SELECT day, model, count(*) AS calls, sum(output) AS output, round(sum(cost_usd), 2) AS usd FROM usage WHERE NOT copied GROUP BY day, model ORDER BY day, usd DESC, model;
-- Tools by how often they fail.
SELECT tool, count(*) AS calls, sum(CASE WHEN is_error THEN 1 ELSE 0 END) AS failed, round(100.0 * sum(CASE WHEN is_error THEN 1 ELSE 0 END) / count(*), 1) AS percent FROM tool_calls WHERE NOT copied GROUP BY tool ORDER BY percent DESC, tool;
-- The longest sessions.
SELECT session_id, machine, title, entries, bytes FROM sessions ORDER BY entries DESC, session_id LIMIT 10;
-- Cost by machine since a day.
SELECT u.machine, count(DISTINCT u.session_id) AS sessions, round(sum(u.cost_usd), 2) AS usd FROM usage u WHERE u.session_date >= '2025-10-01' AND NOT u.copied GROUP BY u.machine ORDER BY usd DESC;
-- What was asked before a tool failed.
SELECT session_id, failed_seq, tool, prompt FROM (SELECT t.session_id, t.seq AS failed_seq, t.tool, e.text AS prompt, row_number() OVER (PARTITION BY t.session_id, t.seq, t.call ORDER BY e.seq DESC) AS n FROM tool_calls t JOIN entries e ON e.session_id = t.session_id AND e.machine = t.machine AND e.role = 'user' AND e.seq < t.seq WHERE t.is_error AND NOT t.copied AND NOT e.copied) x WHERE n = 1 ORDER BY session_id, failed_seq, tool, prompt LIMIT 20;
-- How much of what models read comes from caches.
SELECT model, round(100.0 * sum(cache_read) / sum(input + cache_read + cache_write), 1) AS percent FROM usage WHERE NOT copied GROUP BY model HAVING sum(input + cache_read + cache_write) > 0 ORDER BY model;
-- How long tools take: half of the calls, and 95 of 100.
SELECT tool, min(CASE WHEN r >= 0.5 THEN duration_ms END) AS p50, min(CASE WHEN r >= 0.95 THEN duration_ms END) AS p95 FROM (SELECT tool, duration_ms, cume_dist() OVER (PARTITION BY tool ORDER BY duration_ms) AS r FROM tool_calls WHERE NOT copied AND duration_ms IS NOT NULL) x GROUP BY tool ORDER BY tool;
-- Sessions in which a word was asked for, and what they cost.
SELECT s.session_id, s.title, p.hits, round(c.usd, 2) AS usd FROM sessions s JOIN (SELECT session_id, machine, count(*) AS hits FROM entries WHERE role = 'user' AND NOT copied AND lower(text) LIKE '%the%' GROUP BY session_id, machine) p ON p.session_id = s.session_id AND p.machine = s.machine JOIN (SELECT session_id, machine, sum(cost_usd) AS usd FROM usage WHERE NOT copied GROUP BY session_id, machine) c ON c.session_id = s.session_id AND c.machine = s.machine ORDER BY hits DESC, s.session_id LIMIT 10;
