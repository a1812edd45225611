-- Little enough that each of its bytes can be tried.
CREATE TABLE notas (id integer, texto text);
INSERT INTO notas VALUES (1, 'uno'), (2, E'dos\n');
CREATE TABLE zero ();
INSERT INTO zero DEFAULT VALUES;
SELECT lo_from_bytea(42, 'a large object');
