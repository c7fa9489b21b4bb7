-- The columns of bench/columns.yaml in SQL, as fast as we know how to say it in DuckDB: one pass over the text into a
-- narrow table (typed columns, event names as an enum), then one aggregation per user and day, one per user and span
-- between two windows' edges, and at last FILTERs over the at most seven rows that a user then has (twice as fast as
-- FILTERs over the days); orders, hours and purchase days are aggregations of their own.
-- Parameters: $logs (glob), $last_day (date of T minus 1 ms, UTC). Amounts are exact: DECIMAL throughout.
CREATE TYPE kind AS ENUM ('view', 'search', 'click', 'favorite', 'follow', 'cart_add', 'purchase', 'review', 'return',
  'share', 'login', 'order', 'coupon_get', 'coupon_use', 'cart_remove', 'receive', 'refund', 'message_sent',
  'message_delivered', 'message_open', 'message_click');

CREATE TEMP TABLE e AS
SELECT user_id, event, time, ($last_day::DATE - time::DATE)::INT AS ago, hour(time)::TINYINT AS hour,
  CASE WHEN event = 'purchase' THEN order_id END AS order_id,
  CASE WHEN event = 'purchase' THEN (price * quantity - coalesce(discount, 0))::DECIMAL(18, 4) END AS amount,
  CASE WHEN event = 'purchase' THEN quantity END AS quantity
FROM read_json('$logs', format = 'newline_delimited', compression = 'zstd', columns = {
  time: 'TIMESTAMP', user_id: 'VARCHAR', event: 'kind', price: 'DECIMAL(12, 4)', quantity: 'SMALLINT',
  discount: 'DECIMAL(12, 4)', order_id: 'VARCHAR'})
WHERE time < $last_day::DATE + 1;

-- A purchase without order_id would be an order by itself; these logs have none.
CREATE TEMP TABLE d AS
SELECT user_id, ago,
  {{for E: count(*) FILTER (event = '{E}') AS {E}_n, min(time) FILTER (event = '{E}') AS {E}_lo, max(time) FILTER (event = '{E}') AS {E}_hi,}}
  count(*) FILTER (event NOT IN ('message_sent', 'message_delivered', 'message_open', 'message_click', 'receive', 'refund',
    'coupon_get')) AS visit_n,
  min(time) FILTER (event NOT IN ('message_sent', 'message_delivered', 'message_open', 'message_click', 'receive', 'refund',
    'coupon_get')) AS visit_lo,
  max(time) FILTER (event NOT IN ('message_sent', 'message_delivered', 'message_open', 'message_click', 'receive', 'refund',
    'coupon_get')) AS visit_hi,
  count(*) FILTER (event = 'coupon_get') AS coupon_get_n, count(*) FILTER (event = 'coupon_use') AS coupon_use_n,
  sum(amount) AS spend, sum(quantity) AS items
FROM e GROUP BY user_id, ago;

CREATE TEMP TABLE o AS
SELECT user_id, ($last_day::DATE - min(time)::DATE)::INT AS ago, sum(amount) AS value
FROM e WHERE event = 'purchase' GROUP BY user_id, order_id;

CREATE TEMP TABLE per_order AS
SELECT user_id, {{for W: count(*) FILTER (ago < {W}) AS orders_{W},}}
  avg(value)::DOUBLE AS order_value_mean, median(value)::DOUBLE AS order_value_median, min(value)::DOUBLE AS order_value_min,
  max(value)::DOUBLE AS order_value_max
FROM o GROUP BY user_id;

CREATE TEMP TABLE gaps AS
SELECT user_id, count(gap) AS n, median(gap) AS g FROM (
  SELECT user_id, lag(ago) OVER (PARTITION BY user_id ORDER BY ago DESC) - ago AS gap FROM d WHERE purchase_n > 0)
GROUP BY user_id HAVING count(gap) > 0;

CREATE TEMP TABLE cycle AS
SELECT user_id, CASE WHEN n = 1 THEN (g + 3 * p) / 4 ELSE g END AS purchase_cycle_days
FROM gaps, (SELECT median(g) AS p FROM gaps);

CREATE TEMP TABLE hours AS
SELECT user_id, sum(w) AS w, {{for H: coalesce(sum(w) FILTER (hour = {H}), 0) AS h{H},}} FROM (
  SELECT user_id, hour, round(4294967296 * pow(2, -ago / 30.0)) AS w FROM e
  WHERE event NOT IN ('message_sent', 'message_delivered', 'message_open', 'message_click', 'receive', 'refund', 'coupon_get'))
GROUP BY user_id;

-- ago: the youngest day of the span, so that the windows' FILTERs can use it.
CREATE TEMP TABLE b AS
SELECT user_id, CASE WHEN ago < 7 THEN 0 WHEN ago < 30 THEN 7 WHEN ago < 60 THEN 30 WHEN ago < 90 THEN 60 WHEN ago < 180 THEN 90
  WHEN ago < 365 THEN 180 ELSE 365 END AS span,
  {{for E: sum({E}_n)::BIGINT AS {E}_n, count(*) FILTER ({E}_n > 0) AS {E}_d, min({E}_lo) AS {E}_lo, max({E}_hi) AS {E}_hi,}}
  count(*) FILTER (visit_n > 0) AS visit_d, min(visit_lo) AS visit_lo, max(visit_hi) AS visit_hi,
  min(ago) FILTER (visit_n > 0) AS visit_ago, min(ago) FILTER (purchase_n > 0) AS purchase_ago,
  max(ago) FILTER (purchase_n > 0) AS purchase_first_ago,
  sum(coupon_get_n)::BIGINT AS coupon_get_n, sum(coupon_use_n)::BIGINT AS coupon_use_n,
  sum(spend)::DECIMAL(18, 4) AS spend, sum(items)::BIGINT AS items
FROM d GROUP BY user_id, span;

CREATE TEMP TABLE users AS
SELECT user_id,
  {{for E: {{for W: coalesce(sum({E}_n) FILTER (span < {W}), 0)::UINTEGER AS {E}_count_{W},}}
  {{for W: coalesce(sum({E}_d) FILTER (span < {W}), 0)::USMALLINT AS {E}_days_{W},}}
  epoch_ms(min({E}_lo)) AS {E}_first, epoch_ms(max({E}_hi)) AS {E}_last,}}
  epoch_ms(min(visit_lo)) AS first_seen, epoch_ms(max(visit_hi)) AS last_seen,
  {{for W: coalesce(sum(visit_d) FILTER (span < {W}), 0)::USMALLINT AS active_days_{W},}}
  min(visit_ago) AS days_since_active,
  coalesce(sum(visit_d) FILTER (span = 30), 0)::USMALLINT AS active_days_30d_prev,
  {{for W: coalesce(sum(spend) FILTER (span < {W}), 0)::DOUBLE AS spend_{W},}}
  {{for W: coalesce(sum(items) FILTER (span < {W}), 0)::DOUBLE AS items_{W},}}
  coalesce(sum(spend) FILTER (span = 90), 0)::DOUBLE AS spend_90d_prev,
  coalesce(sum(purchase_d) FILTER (span = 90), 0)::USMALLINT AS purchase_days_90d_prev,
  min(purchase_ago) AS days_since_purchase,
  30.0 * sum(purchase_d) / (max(purchase_first_ago) + 1) AS purchase_frequency,
  sum(search_n)::UINTEGER AS searches, sum(return_n)::UINTEGER AS return_count,
  sum(coupon_get_n)::UINTEGER AS coupon_get_count, sum(coupon_use_n)::UINTEGER AS coupon_use_count
FROM b GROUP BY user_id;

COPY (
  SELECT u.*, {{for W: coalesce(orders_{W}, 0)::UINTEGER AS orders_{W},}}
    order_value_mean, order_value_median, order_value_min, order_value_max, purchase_cycle_days,
    [{{for H: coalesce(h{H} / w, 0)::FLOAT,}}] AS hour_histogram
  FROM users u LEFT JOIN per_order USING (user_id) LEFT JOIN cycle USING (user_id) LEFT JOIN hours USING (user_id)
) TO '$out' (FORMAT parquet);
