-- Companies, people and audit entries by the million, as the application would have written them. Company number 1 is
-- the largest, with a tenth of all people and entries; the others are alike. `bench.*` and bench_credential come from
-- filling.py. Triggers are disabled, and with them foreign key checks: all of them hold by construction.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';
SET jit = off;

CREATE FUNCTION pg_temp.size(what text) RETURNS bigint IMMUTABLE LANGUAGE sql
RETURN current_setting('bench.' || what)::bigint;

CREATE FUNCTION pg_temp.day(ago numeric) RETURNS timestamptz STABLE LANGUAGE sql
RETURN date_trunc('day', now()) - ago * interval '1 day';

-- Like UUIDv7: the time, then pseudorandom digits.
CREATE FUNCTION pg_temp.id(kind text, moment timestamptz, number bigint) RETURNS uuid STABLE LANGUAGE sql
RETURN overlay(overlay(md5(kind || number)
  PLACING lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7' FROM 1 FOR 13)
  PLACING '8' FROM 17 FOR 1)::uuid;

CREATE TEMP TABLE bench_company AS
SELECT number, pg_temp.id('company', moment, number) AS id, moment,
  pg_temp.id('draft', moment, number) AS draft_id,
  alike, CASE number WHEN 1 THEN pg_temp.size('people') - alike * pg_temp.size('companies') ELSE 0 END AS more,
  own + CASE number WHEN 1 THEN pg_temp.size('entries') - own * pg_temp.size('companies') ELSE 0 END AS entries
FROM generate_series(1, pg_temp.size('companies')) AS number,
  LATERAL (SELECT pg_temp.size('people') * 9 / (10 * pg_temp.size('companies')) AS alike,
    pg_temp.size('entries') * 9 / (10 * pg_temp.size('companies')) AS own) AS shared,
  LATERAL (SELECT pg_temp.day(300) + number * interval '1 second' AS moment) AS made;

-- The first person of every company, then the second of each, and so on; at the end those of the largest.
CREATE FUNCTION pg_temp.number_of(company bigint, place bigint, alike bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
RETURN CASE WHEN place <= alike THEN (place - 1) * pg_temp.size('companies') + company
  ELSE alike * pg_temp.size('companies') + place - alike END;

CREATE FUNCTION pg_temp.came(person bigint) RETURNS timestamptz STABLE LANGUAGE sql
RETURN pg_temp.day(290) + person * (interval '180 days' / pg_temp.size('people'));

INSERT INTO company (id, created_at, public_id, name, is_active, password_sign_in, idle_minutes, session_hours)
SELECT id, moment, 'org_' || substr(md5('company' || number), 1, 24), 'Company ' || number, true, 'everyone', 720, 168
FROM bench_company;

INSERT INTO login_page (id, created_at, company_id, position, code, note)
SELECT pg_temp.id('page', moment, number), moment, id, 0, 'c' || number,
  'Use your account of Company ' || number || '. Questions: https://it.example' FROM bench_company;

-- A connection has an app of its own, and so has its draft.
INSERT INTO entra_app (id, created_at, company_id, tenant, client_id)
SELECT pg_temp.id(kind || ' app', moment, number), moment, id, current_setting('bench.tenant'),
  current_setting('bench.client')
FROM bench_company, unnest(ARRAY['draft', 'active']) AS kind;

INSERT INTO connection_draft (id, created_at, company_id, public_id, position, version, tested_version,
  title, entra_app_id, flow, create_people, allow_guests, button_label)
SELECT draft_id, moment, id, translate(substr(md5('public' || number), 1, 12), '01', 'xy'), 0, 1, 1,
  'Staff', pg_temp.id('draft app', moment, number), 'server', true, false,
  'Sign in with Corporate Account' FROM bench_company;

INSERT INTO connection (id, company_id, is_enabled, active_since, title, entra_app_id, flow, create_people,
  allow_guests, button_label)
SELECT draft_id, id, true, moment, 'Staff', pg_temp.id('active app', moment, number), 'server', true, false,
  'Sign in with Corporate Account' FROM bench_company;

-- Their expiry dates are spread over two years; due warnings have been sent.
INSERT INTO client_credential (id, created_at, entra_app_id, kind, secret_sealed, expires, warned)
SELECT held.id, moment, pg_temp.id('active app', moment, number), 'secret', ciphertext, current_date + days,
  (SELECT min(stage) FROM unnest(ARRAY[60, 30, 7, 1]) AS stage WHERE days <= stage)
FROM bench_company JOIN bench_credential AS held USING (number), LATERAL (SELECT (number % 730 + 1)::int AS days) AS _;

CREATE TEMP TABLE bench_person AS
SELECT person, company.number AS company, company.id AS company_id, company.draft_id, place,
  pg_temp.id('person', came, person) AS id, came AS moment,
  CASE WHEN place % 3 = 0 THEN decode(repeat(md5('picture' || person), 94), 'hex') END AS picture
FROM bench_company AS company, generate_series(1, alike + more) AS place,
  LATERAL (SELECT pg_temp.number_of(company.number, place, alike) AS person) AS numbered,
  LATERAL (SELECT pg_temp.came(person) AS came) AS made
ORDER BY person;

INSERT INTO avatar (hash, content) SELECT encode(sha256(picture), 'hex'), picture FROM bench_person
WHERE picture IS NOT NULL;

INSERT INTO person (id, created_at, company_id, role, is_active, name, sort_name, email, email_is_confirmed, title,
  sign_in_method, tid, oid, is_guest, avatar_hash, synced_at, last_sign_in_at)
SELECT id, moment, company_id, CASE place WHEN 1 THEN 'owner' WHEN 2 THEN 'admin' ELSE 'member' END, true,
  name, lower(name), 'p' || place || '@c' || company || '.example', true, 'Clerk', 'any',
  -- The first of each company are the sandbox directory's, so that they can sign in.
  current_setting('bench.tenant'), 'be000000-0000-4000-8000-' || lpad((place - 1)::text, 12, '0'),
  false, encode(sha256(picture), 'hex'), pg_temp.day(1), pg_temp.day(1)
FROM bench_person, LATERAL (SELECT
  (ARRAY['Anna','Ben','Chiara','David','Elif','Farid','Greta','Hugo','Ines','Jonas','Kim','Lena'])[1 + person % 12]
  || ' ' || initcap(translate(substr(md5('family' || person), 1, 7), '0123456789', 'ghijklmnop')) AS name) AS named
ORDER BY person;

INSERT INTO session (id, created_at, token_hash, public_id, browser_hash, company_id, person_id, connection_id, auth_label,
  transaction_id, auth_time, amr, ip_address, user_agent, last_seen_at, expires_at, ended_at, end_reason)
SELECT pg_temp.id('session', begun, person), begun, encode(sha256(convert_to('token' || person, 'UTF8')), 'hex'),
  md5('public' || person), encode(sha256(convert_to('browser' || person, 'UTF8')), 'hex'),
  company_id, id, draft_id, 'Staff', md5('transaction' || person), begun, '[]', '192.0.2.' || person % 250,
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', begun, begun + interval '7 days',
  -- Ended, as any that old is in a running installation; otherwise the worker would first end a million of them.
  begun + interval '1 hour', 'expired'
FROM bench_person, LATERAL (SELECT
  pg_temp.day(4) + person * (interval '4 days' / pg_temp.size('people')) AS begun) AS _
ORDER BY person;

-- Each company's chain grows by one entry at a time, as in `audit/chain.py`; `flask audit verify` accepts it.
-- OFFSET 0, so that each named expression is evaluated once.
CREATE TEMPORARY TABLE bench_entry AS
WITH RECURSIVE chain AS (
  SELECT number AS company, id AS company_id, alike, alike + more AS people, entries, 0::bigint AS place,
    NULL::uuid AS id, NULL::timestamptz AS created_at, NULL::text AS event, NULL::uuid AS person_id,
    NULL::text AS ip_address, NULL::text AS reference, NULL::text AS detail, NULL::text AS previous_hash,
    repeat('0', 64) AS hash
  FROM bench_company
  UNION ALL
  SELECT company, company_id, alike, people, entries, next, entry_id, moment, generated.event, generated.person_id,
    generated.ip_address, generated.reference, generated.detail, chain.hash,
    encode(sha256(convert_to(concat('["', chain.hash, '",{"actor_id":', quoted, ',"company_id":"', company_id,
      '","created_at":"', to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
      '","detail":', generated.detail, ',"event":"', generated.event, '","id":"', entry_id, '","ip_address":"', generated.ip_address,
      '","number":', next, ',"reference":', coalesce('"' || generated.reference || '"', 'null'),
      ',"subject_id":', quoted, '}]'), 'UTF8')), 'hex')
  FROM chain,
    LATERAL (SELECT place + 1 AS next, company * 100000000 + place AS seed,
      pg_temp.day(90) + ((place + (company % 1000) / 1000.0) / entries) * interval '90 days' AS moment,
      pg_temp.number_of(company, 1 + (place * 7) % people, alike) AS person OFFSET 0) AS at,
    LATERAL (SELECT pg_temp.id('entry', moment, seed) AS entry_id,
      '192.0.2.' || person % 250 AS ip_address,
      CASE place % 10 WHEN 0 THEN 'sign_in.refused' WHEN 1 THEN 'session.ended' ELSE 'sign_in.admitted' END AS event,
      CASE place % 10 WHEN 0 THEN NULL ELSE pg_temp.id('person', pg_temp.came(person), person) END AS person_id,
      CASE place % 10 WHEN 0 THEN upper(substr(md5('reference' || seed), 1, 8)) END AS reference,
      CASE place % 10 WHEN 0 THEN '{"reason":"wrong_password"}' WHEN 1 THEN '{}'
        ELSE '{"first":false,"method":"Staff"}' END AS detail OFFSET 0) AS generated,
    LATERAL (SELECT coalesce('"' || generated.person_id || '"', 'null') AS quoted OFFSET 0) AS text
  WHERE place < entries
)
SELECT id, created_at, company_id, event, person_id, ip_address, reference, detail, place, previous_hash, hash, entries
FROM chain WHERE place > 0;

INSERT INTO audit_entry (id, created_at, company_id, event, actor_id, subject_id, ip_address, reference, detail)
SELECT id, created_at, company_id, event, person_id, person_id, ip_address, reference, detail::json FROM bench_entry;

INSERT INTO audit_chain (company_id, number, entry_id, previous_hash, hash)
SELECT company_id, place, id, previous_hash, hash FROM bench_entry;

DELETE FROM audit_open;

INSERT INTO audit_head (company_id, number, hash)
SELECT company_id, place, hash FROM bench_entry WHERE place = entries;
