--
-- PostgreSQL database dump
--

\restrict ro5QFAkansRuVoZ9ND8czcGtTuDPDbUFf68hgYspb8knyoRKfMx6wO7TSWGt0w1

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

DROP DATABASE IF EXISTS pc_db;
--
-- Name: pc_db; Type: DATABASE; Schema: -; Owner: postgres
--

CREATE DATABASE pc_db WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C.UTF-8';


ALTER DATABASE pc_db OWNER TO postgres;

\unrestrict ro5QFAkansRuVoZ9ND8czcGtTuDPDbUFf68hgYspb8knyoRKfMx6wO7TSWGt0w1
\connect pc_db
\restrict ro5QFAkansRuVoZ9ND8czcGtTuDPDbUFf68hgYspb8knyoRKfMx6wO7TSWGt0w1

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: DATABASE pc_db; Type: COMMENT; Schema: -; Owner: postgres
--

COMMENT ON DATABASE pc_db IS 'not; this';


--
-- Name: pc_db; Type: DATABASE PROPERTIES; Schema: -; Owner: postgres
--

ALTER DATABASE pc_db SET work_mem TO '8MB';


\unrestrict ro5QFAkansRuVoZ9ND8czcGtTuDPDbUFf68hgYspb8knyoRKfMx6wO7TSWGt0w1
\connect pc_db
\restrict ro5QFAkansRuVoZ9ND8czcGtTuDPDbUFf68hgYspb8knyoRKfMx6wO7TSWGt0w1

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: Ventas 2025; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA "Ventas 2025";


ALTER SCHEMA "Ventas 2025" OWNER TO postgres;

--
-- Name: odd "schema"; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA "odd ""schema""";


ALTER SCHEMA "odd ""schema""" OWNER TO postgres;

--
-- Name: carga(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.carga() RETURNS text
    LANGUAGE plpgsql
    AS $_$
BEGIN
  -- COPY public.usuarios (id) FROM stdin;
  EXECUTE 'DROP DATABASE IF EXISTS nothing';
  RETURN $q$
\connect other
COPY public.usuarios (id) FROM stdin;
1
\.
$q$;
END
$_$;


ALTER FUNCTION public.carga() OWNER TO postgres;

--
-- Name: FUNCTION carga(); Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON FUNCTION public.carga() IS '-- PostgreSQL database dump complete';


--
-- Name: suma(integer, integer); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.suma(a integer, b integer) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (a IS NULL) THEN b
             ELSE (a + b)
         END AS "case";
 SELECT (a + b);
END;


ALTER FUNCTION public.suma(a integer, b integer) OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: Línea de pedido; Type: TABLE; Schema: Ventas 2025; Owner: postgres
--

CREATE TABLE "Ventas 2025"."Línea de pedido" (
    "el id" integer,
    "select" text,
    payload bytea
);


ALTER TABLE "Ventas 2025"."Línea de pedido" OWNER TO postgres;

--
-- Name: tab with newline; and 'quotes'; Type: TABLE; Schema: odd "schema"; Owner: postgres
--

CREATE TABLE "odd ""schema"""."tab with
newline; and 'quotes'" (
    "col ""a""" integer
);


ALTER TABLE "odd ""schema"""."tab with
newline; and 'quotes'" OWNER TO postgres;

--
-- Name: empty_table; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.empty_table (
    a integer,
    b text
);


ALTER TABLE public.empty_table OWNER TO postgres;

--
-- Name: generada; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.generada (
    a integer,
    b integer GENERATED ALWAYS AS ((a * 2)) STORED
);


ALTER TABLE public.generada OWNER TO postgres;

--
-- Name: lonely; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.lonely (
    note text
);


ALTER TABLE public.lonely OWNER TO postgres;

--
-- Name: medidas; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.medidas (
    momento date NOT NULL,
    valor numeric
)
PARTITION BY RANGE (momento);


ALTER TABLE public.medidas OWNER TO postgres;

--
-- Name: medidas_2024; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.medidas_2024 (
    momento date NOT NULL,
    valor numeric
);


ALTER TABLE public.medidas_2024 OWNER TO postgres;

--
-- Name: medidas_2025; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.medidas_2025 (
    momento date NOT NULL,
    valor numeric
);


ALTER TABLE public.medidas_2025 OWNER TO postgres;

--
-- Name: usuarios; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.usuarios (
    id integer NOT NULL,
    nombre text NOT NULL,
    notas text
);


ALTER TABLE public.usuarios OWNER TO postgres;

--
-- Name: TABLE usuarios; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON TABLE public.usuarios IS 'a comment; with -- dashes, /* stars */ and
\connect nowhere';


--
-- Name: resumen; Type: MATERIALIZED VIEW; Schema: public; Owner: postgres
--

CREATE MATERIALIZED VIEW public.resumen AS
 SELECT count(*) AS n
   FROM public.usuarios
  WITH NO DATA;


ALTER TABLE public.resumen OWNER TO postgres;

--
-- Name: usuarios_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

ALTER TABLE public.usuarios ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.usuarios_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: visible; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.visible AS
 SELECT usuarios.nombre
   FROM public.usuarios
  WHERE ((usuarios.nombre <> '\'::text) AND (usuarios.notas IS DISTINCT FROM 'x;y'::text));


ALTER TABLE public.visible OWNER TO postgres;

--
-- Name: volatile; Type: TABLE; Schema: public; Owner: postgres
--

CREATE UNLOGGED TABLE public.volatile (
    a integer
);


ALTER TABLE public.volatile OWNER TO postgres;

--
-- Name: zero_columns; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.zero_columns (
);


ALTER TABLE public.zero_columns OWNER TO postgres;

--
-- Name: medidas_2024; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.medidas ATTACH PARTITION public.medidas_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');


--
-- Name: medidas_2025; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.medidas ATTACH PARTITION public.medidas_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');


--
-- Name: 4242; Type: BLOB; Schema: -; Owner: postgres
--

SELECT pg_catalog.lo_create('4242');


ALTER LARGE OBJECT 4242 OWNER TO postgres;

--
-- Name: 4243; Type: BLOB; Schema: -; Owner: postgres
--

SELECT pg_catalog.lo_create('4243');


ALTER LARGE OBJECT 4243 OWNER TO postgres;

--
-- Name: 4244; Type: BLOB; Schema: -; Owner: postgres
--

SELECT pg_catalog.lo_create('4244');


ALTER LARGE OBJECT 4244 OWNER TO postgres;

--
-- Data for Name: Línea de pedido; Type: TABLE DATA; Schema: Ventas 2025; Owner: postgres
--

COPY "Ventas 2025"."Línea de pedido" ("el id", "select", payload) FROM stdin;
1	bbbbbbb	\\x00000001
2	cccccccccccccc	\\x00000002
3	ddddddddddddddddddddd	\\x00000003
4	eeeeeeeeeeeeeeeeeeeeeeeeeeee	\\x00000004
5	fffffffffffffffffffffffffffffffffff	\\x00000005
6	gggggggggggggggggggggggggggggggggggggggggg	\\x00000006
7	hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh	\\x00000007
8	iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii	\\x00000008
9	jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj	\\x00000009
10	kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk	\\x0000000a
11	lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll	\\x0000000b
12	mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm	\\x0000000c
\.


--
-- Data for Name: tab with newline; and 'quotes'; Type: TABLE DATA; Schema: odd "schema"; Owner: postgres
--

COPY "odd ""schema"""."tab with
newline; and 'quotes'" ("col ""a""") FROM stdin;
1
2
\.


--
-- Data for Name: empty_table; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.empty_table (a, b) FROM stdin;
\.


--
-- Data for Name: generada; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.generada (a) FROM stdin;
1
2
\.


--
-- Data for Name: lonely; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.lonely (note) FROM stdin;


\N
\.


--
-- Data for Name: medidas_2024; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.medidas_2024 (momento, valor) FROM stdin;
2024-12-01	0.00000000000000000000
2024-12-02	0.33333333333333333333
2024-12-03	0.66666666666666666667
2024-12-04	1.00000000000000000000
2024-12-05	1.3333333333333333
2024-12-06	1.6666666666666667
2024-12-07	2.0000000000000000
2024-12-08	2.3333333333333333
2024-12-09	2.6666666666666667
2024-12-10	3.0000000000000000
2024-12-11	3.3333333333333333
2024-12-12	3.6666666666666667
2024-12-13	4.0000000000000000
2024-12-14	4.3333333333333333
2024-12-15	4.6666666666666667
2024-12-16	5.0000000000000000
2024-12-17	5.3333333333333333
2024-12-18	5.6666666666666667
2024-12-19	6.0000000000000000
2024-12-20	6.3333333333333333
2024-12-21	6.6666666666666667
2024-12-22	7.0000000000000000
2024-12-23	7.3333333333333333
2024-12-24	7.6666666666666667
2024-12-25	8.0000000000000000
2024-12-26	8.3333333333333333
2024-12-27	8.6666666666666667
2024-12-28	9.0000000000000000
2024-12-29	9.3333333333333333
2024-12-30	9.6666666666666667
2024-12-31	10.0000000000000000
\.


--
-- Data for Name: medidas_2025; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.medidas_2025 (momento, valor) FROM stdin;
2025-01-01	10.3333333333333333
2025-01-02	10.6666666666666667
2025-01-03	11.0000000000000000
2025-01-04	11.3333333333333333
2025-01-05	11.6666666666666667
2025-01-06	12.0000000000000000
2025-01-07	12.3333333333333333
2025-01-08	12.6666666666666667
2025-01-09	13.0000000000000000
\.


--
-- Data for Name: usuarios; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.usuarios (id, nombre, notas) FROM stdin;
1	Ana	\N
2	Íñigo	two\nlines
3	backslash \\ and tab\t	\\.
4		
5	\\.	\n\\.\n
6	quote ' and "	COPY public.usuarios (id) FROM stdin;
7	日本語	\r\n
\.


--
-- Data for Name: volatile; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.volatile (a) FROM stdin;
1
2
3
4
\.


--
-- Data for Name: zero_columns; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.zero_columns  FROM stdin;



\.


--
-- Name: usuarios_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.usuarios_id_seq', 7, true);


--
-- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: -
--

BEGIN;

SELECT pg_catalog.lo_open('4242', 131072);
SELECT pg_catalog.lowrite(0, '\x61206c61726765206f626a656374');
SELECT pg_catalog.lo_close(0);

SELECT pg_catalog.lo_open('4243', 131072);
SELECT pg_catalog.lowrite(0, '\x00ff0a0a5c2e0a0a0a');
SELECT pg_catalog.lo_close(0);

SELECT pg_catalog.lo_open('4244', 131072);
SELECT pg_catalog.lo_close(0);

COMMIT;

--
-- Name: usuarios usuarios_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.usuarios
    ADD CONSTRAINT usuarios_pkey PRIMARY KEY (id);


--
-- Name: nombres; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX nombres ON public.usuarios USING btree (lower(nombre));


--
-- Name: empty_table ninguno; Type: RULE; Schema: public; Owner: postgres
--

CREATE RULE ninguno AS
    ON INSERT TO public.empty_table DO ( SELECT 1 AS "?column?";
 SELECT 2 AS "?column?";
);


--
-- Name: usuarios propios; Type: POLICY; Schema: public; Owner: postgres
--

CREATE POLICY propios ON public.usuarios USING ((nombre = CURRENT_USER));


--
-- Name: usuarios; Type: ROW SECURITY; Schema: public; Owner: postgres
--

ALTER TABLE public.usuarios ENABLE ROW LEVEL SECURITY;

--
-- Name: resumen; Type: MATERIALIZED VIEW DATA; Schema: public; Owner: postgres
--

REFRESH MATERIALIZED VIEW public.resumen;


--
-- PostgreSQL database dump complete
--

\unrestrict ro5QFAkansRuVoZ9ND8czcGtTuDPDbUFf68hgYspb8knyoRKfMx6wO7TSWGt0w1

