-- A shop's database whose dump is about bench.gigabytes (a setting) long before compression. Every value follows from its
-- row's number, so two runs make the same data. It is not to flatter: words are common and rare as in a language, rows are
-- of varying width, few texts repeat within a compressor's window, and hashes are the exception.
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';
SET work_mem = '128MB';
SET max_parallel_workers_per_gather = 0;
SET enable_mergejoin = off;
SET jit = off;
SET TimeZone = 'UTC';
SET search_path = public;

CREATE FUNCTION pg_temp.many(at_one_gigabyte integer) RETURNS integer LANGUAGE sql STABLE
  RETURN (at_one_gigabyte * current_setting('bench.gigabytes')::double precision)::integer;
-- From 0 to below 1, another one for every salt.
CREATE FUNCTION pg_temp.chance(number bigint, salt integer) RETURNS double precision LANGUAGE sql IMMUTABLE
  RETURN ((hashint8extended(number, salt) >> 11) & 9007199254740991)::double precision / 9007199254740992::double precision;
CREATE FUNCTION pg_temp.below(top double precision, chance double precision) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN floor(top * chance)::integer;
CREATE FUNCTION pg_temp.pick(list text[], chance double precision) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN list[1 + floor(cardinality(list) * chance)::integer];

CREATE TEMPORARY TABLE words AS
  SELECT rank, replace(string_agg(substr('bcdfghlmnprstvz', 1 + pg_temp.below(15, pg_temp.chance(rank, 100 + part)), 1)
    || substr('aeiou', 1 + pg_temp.below(5, pg_temp.chance(rank, 200 + part)), 1)
    || substr('nrsl         ', 1 + pg_temp.below(13, pg_temp.chance(rank, 300 + part)), 1), '' ORDER BY part), ' ', '') AS word
  FROM generate_series(1, 4000) AS rank, generate_series(1, 1 + (ln(rank) / 2.4)::integer) AS part GROUP BY rank;
ANALYZE words;
-- What texts are cut out of, at any place: many times larger than a compressor's window.
CREATE TEMPORARY TABLE corpus AS
  SELECT string_agg(line, '' ORDER BY block)::bytea AS text FROM (
    SELECT i / 1000 AS block, string_agg(word || CASE WHEN i % 13 = 0 THEN '. ' WHEN i % 7 = 0 THEN ', ' ELSE ' ' END, '' ORDER BY i) AS line
    FROM generate_series(1, 3000000) AS i JOIN words ON rank = floor(exp(power(pg_temp.chance(i, 1), 1.25) * ln(4000::double precision)))::integer
    GROUP BY block) AS lines;

CREATE TABLE customers (id integer NOT NULL, name text NOT NULL, email text NOT NULL, phone text, city text, born date, balance numeric(12, 2),
  settings jsonb NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO customers
  SELECT i, initcap(f.word || ' ' || l.word), f.word || '.' || i || '@' || pg_temp.pick('{example.com,mail.example.org,example.net,correo.example}', power(a, 2)),
    '+57 ' || 300 + pg_temp.below(20, b) || ' ' || pg_temp.below(1e7, c), pg_temp.pick('{Bogotá,Medellín,Cali,Cartagena,Pasto,Leticia}', power(c, 2)),
    date '1940-01-01' + pg_temp.below(25000, b), power(a, 6) * 20000,
    jsonb_build_object('language', CASE WHEN c > 0.3 THEN 'es' ELSE 'en' END, 'newsletter', a > 0.4, 'theme', CASE WHEN b > 0.7 THEN 'dark' END,
      'last_order', pg_temp.below(5e5, b), 'limits', jsonb_build_object('daily', 1000 * pg_temp.below(9, a), 'monthly', 10000 * pg_temp.below(9, b))),
    timestamptz '2019-01-01 00:00+00' + i * interval '11 minutes' + c * interval '5 minutes'
  FROM (SELECT i, pg_temp.chance(i, 20) AS a, pg_temp.chance(i, 21) AS b, pg_temp.chance(i, 22) AS c FROM generate_series(1, pg_temp.many(120000)) AS i OFFSET 0) AS chances
    JOIN words AS f ON f.rank = 1 + pg_temp.below(900, a) JOIN words AS l ON l.rank = 1 + pg_temp.below(3000, b)
  ORDER BY i;

CREATE TABLE products (id integer NOT NULL, code text NOT NULL, title text NOT NULL, description text, price numeric(10, 2) NOT NULL, tags text[]);
INSERT INTO products
  SELECT i, format('%s-%s', upper(left(word, 3)), 10000 + i), initcap(word) || ' ' || pg_temp.below(40, a),
    convert_from(substring((SELECT text || ''::bytea FROM corpus) FROM 1 + pg_temp.below(2e7, c) FOR 200 + pg_temp.below(1200, power(b, 2))), 'UTF8'),
    1 + exp(c * 7), ARRAY[pg_temp.pick('{new,sale,home,garden,books}', a), pg_temp.pick('{red,green,blue,grey}', b)]
  FROM (SELECT i, pg_temp.chance(i, 30) AS a, pg_temp.chance(i, 31) AS b, pg_temp.chance(i, 32) AS c FROM generate_series(1, pg_temp.many(30000)) AS i OFFSET 0) AS chances
    JOIN words ON rank = 1 + pg_temp.below(3999, a)
  ORDER BY i;

CREATE TABLE orders (id integer NOT NULL, customer_id integer NOT NULL, status text NOT NULL, ordered_at timestamptz NOT NULL, total numeric(12, 2),
  address text);
INSERT INTO orders
  SELECT i, 1 + pg_temp.below(pg_temp.many(120000), power(a, 2)), pg_temp.pick('{delivered,delivered,delivered,paid,sent,returned,open}', b),
    timestamptz '2021-01-01 00:00+00' + i * interval '4 minutes' + b * interval '4 minutes', exp(1 + c * 7),
    format('Calle %s # %s-%s, %s', 1 + pg_temp.below(180, a), 1 + pg_temp.below(120, b), 1 + pg_temp.below(99, c), pg_temp.pick('{Bogotá,Medellín,Cali,Cartagena,Pasto,Leticia}', power(c, 2)))
  FROM (SELECT i, pg_temp.chance(i, 40) AS a, pg_temp.chance(i, 41) AS b, pg_temp.chance(i, 42) AS c FROM generate_series(1, pg_temp.many(500000)) AS i OFFSET 0) AS chances;

CREATE TABLE order_lines (order_id integer NOT NULL, line smallint NOT NULL, product_id integer NOT NULL, quantity integer NOT NULL, price numeric(10, 2));
INSERT INTO order_lines
  SELECT i, line, 1 + pg_temp.below(pg_temp.many(30000), power(a, 2)), 1 + pg_temp.below(12, power(b, 4)), 1 + exp(a * 6)
  FROM (SELECT i, line, pg_temp.chance(i * 10 + line, 50) AS a, pg_temp.chance(i * 10 + line, 51) AS b
    FROM generate_series(1, pg_temp.many(500000)) AS i, generate_series(1, 1 + pg_temp.below(5, power(pg_temp.chance(i, 52), 2))) AS line OFFSET 0) AS chances;

CREATE TABLE documents (id integer NOT NULL, title text, body text, written_at timestamp);
INSERT INTO documents
  SELECT i, max(left(part, 40)) FILTER (WHERE p = 1), string_agg(part, E'\n' ORDER BY p), timestamp '2020-01-01' + i * interval '7 hours'
  FROM (SELECT i, p, convert_from(substring((SELECT text || ''::bytea FROM corpus) FROM 1 + pg_temp.below(2e7, pg_temp.chance(i * 1000 + p, 60))
      FOR 80 + pg_temp.below(500, pg_temp.chance(i * 1000 + p, 61))), 'UTF8') AS part
    FROM generate_series(1, pg_temp.many(16000)) AS i, generate_series(1, 2 + pg_temp.below(90, power(pg_temp.chance(i, 62), 2))) AS p) AS parts
  GROUP BY i;

CREATE TABLE measurements (device integer NOT NULL, at timestamptz NOT NULL, value double precision, quality real);
INSERT INTO measurements
  SELECT 1 + i % 200, timestamptz '2023-01-01 00:00+00' + i / 200 * interval '5 minutes',
    round(20000 + 8000 * sin(i / 57600.0::real) + i % 200 * 50 + pg_temp.chance(i, 70) * 2000) / 1000, CASE WHEN i % 7 > 0 THEN round(pg_temp.chance(i, 71) * 100) / 100 END
  FROM generate_series(1, pg_temp.many(2400000)) AS i;

CREATE TABLE events (id bigint NOT NULL, customer_id integer NOT NULL, kind text NOT NULL, occurred_at timestamptz NOT NULL, amount numeric(10, 2),
  note text, payload jsonb, session uuid);
INSERT INTO events
  SELECT i, 1 + pg_temp.below(pg_temp.many(120000), power(a, 2)), pg_temp.pick('{view,search,add,buy,return,login,logout,message,rating}', power(b, 2)),
    timestamptz '2021-01-01 00:00+00' + i * interval '63 seconds' + c * interval '90 seconds',
    CASE WHEN b > 0.5 THEN exp(d * 8) END,
    CASE WHEN d > 0.5 THEN convert_from(substring((SELECT text || ''::bytea FROM corpus) FROM 1 + pg_temp.below(2e7, e) FOR 20 + pg_temp.below(400, power(f, 2))), 'UTF8')
      WHEN d > 0.15 THEN format(pg_temp.pick(ARRAY['Customer %s looked at page %s for %s seconds', 'The parcel of customer %s left warehouse %s and arrives in %s hours',
        'Payment of customer %s was accepted by terminal %s after %s tries', 'Customer %s wrote a message to desk %s, answered within %s minutes',
        'Voucher for customer %s, campaign %s, worth %s percent', 'Session of customer %s at node %s ended after %s minutes without a reason'], power(e, 2)),
        pg_temp.below(120000, power(a, 2)), pg_temp.below(500, f), pg_temp.below(90, c)) END,
    CASE WHEN c > 0.2 THEN jsonb_build_object('path', format('/%s/%s', pg_temp.pick('{products,categories,orders,account,search}', e), pg_temp.below(30000, f)),
      'duration', pg_temp.below(3000, power(f, 3)), 'agent', pg_temp.pick('{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0","Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Safari/604.1",curl/8.5.0}', power(f, 2)),
      'ok', d < 0.97, 'referrer', CASE WHEN a > 0.7 THEN 'https://shop.example.org/search?q=' || pg_temp.below(1000, b) END,
      'words', convert_from(substring((SELECT text || ''::bytea FROM corpus) FROM 1 + pg_temp.below(2e7, c) FOR 5 + pg_temp.below(40, d)), 'UTF8')) END,
    CASE WHEN f > 0.95 THEN md5(i::text)::uuid END
  FROM (SELECT i, pg_temp.chance(i, 10) AS a, pg_temp.chance(i, 11) AS b, pg_temp.chance(i, 12) AS c, pg_temp.chance(i, 13) AS d,
    pg_temp.chance(i, 14) AS e, pg_temp.chance(i, 15) AS f FROM generate_series(1, pg_temp.many(1900000)) AS i OFFSET 0) AS chances;

ALTER TABLE customers ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX ON customers (email);
ALTER TABLE products ADD PRIMARY KEY (id), ADD UNIQUE (code);
ALTER TABLE orders ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES customers;
CREATE INDEX ON orders (customer_id);
ALTER TABLE order_lines ADD PRIMARY KEY (order_id, line), ADD FOREIGN KEY (order_id) REFERENCES orders, ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE documents ADD PRIMARY KEY (id);
CREATE INDEX ON measurements (device, at);
ALTER TABLE events ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES customers;
CREATE INDEX ON events (customer_id, occurred_at);
-- What the first reader would otherwise write.
VACUUM (ANALYZE) customers, products, orders, order_lines, documents, measurements, events;
