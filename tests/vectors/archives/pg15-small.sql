--
-- PostgreSQL database dump
--

\restrict 8BWwihgfOKw34xdiXWlXtAXyO3vKabxjO1OIMrU3jgzz66lOVOoriD5N6lNiQJ6

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

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: notas; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.notas (
    id integer,
    texto text
);


--
-- Name: zero; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.zero (
);


--
-- Name: 42; Type: BLOB; Schema: -; Owner: -
--

SELECT pg_catalog.lo_create('42');


--
-- Data for Name: notas; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.notas (id, texto) FROM stdin;
1	uno
2	dos\n
\.


--
-- Data for Name: zero; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.zero  FROM stdin;

\.


--
-- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: -
--

BEGIN;

SELECT pg_catalog.lo_open('42', 131072);
SELECT pg_catalog.lowrite(0, '\x61206c61726765206f626a656374');
SELECT pg_catalog.lo_close(0);

COMMIT;

--
-- PostgreSQL database dump complete
--

\unrestrict 8BWwihgfOKw34xdiXWlXtAXyO3vKabxjO1OIMrU3jgzz66lOVOoriD5N6lNiQJ6

