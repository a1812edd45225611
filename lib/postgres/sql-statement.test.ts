import { describe, expect, test } from 'vitest'
import { scan } from '../../tests/doubles/sql-heard.ts'

const texts = (sql: string) => scan(sql).statements.map(({ text }) => text)

describe('statements end where psql ends them', () => {
  // Each was sent through psql 15 and compared with what the server was asked.
  test.each([
    ['semicolons', 'select 1;select 2 ; ;; select 3', ['select 1;', 'select 2 ;', 'select 3']],
    ['parentheses', "select (1;2); select ((')'));", ['select (1;2);', "select ((')'));"]],
    ['texts', "select 'a;b', 'it''s;'; x", ["select 'a;b', 'it''s;';", 'x']],
    ['backslashes in texts', "select '\\'; select 2", ["select '\\';", 'select 2']],
    ['E texts', "select E'\\';\\\\'; select e'a''\\'b;';", ["select E'\\';\\\\';", "select e'a''\\'b;';"]],
    ['words that end in e', "select valuee'\\'; x", ["select valuee'\\';", 'x']],
    [
      'bit, national and Unicode texts',
      "select B'\\', x'\\', N'\\', U&'\\'; x",
      ["select B'\\', x'\\', N'\\', U&'\\';", 'x'],
    ],
    ['texts of two lines', "select E'a'\n'\\'; x", ["select E'a'\n'\\';", 'x']],
    ['quoted names', 'select "a;""b;" from "\'"; x', ['select "a;""b;" from "\'";', 'x']],
    [
      'dollar quotes',
      'select $$;$x$;$$; select $a$;$b$;$$;$a$; x',
      ['select $$;$x$;$$;', 'select $a$;$b$;$$;$a$;', 'x'],
    ],
    ['empty texts in dollars', 'select $$$$; select $a$$a$; x', ['select $$$$;', 'select $a$$a$;', 'x']],
    ['a text that begins like the end of its tag', 'select $a$a$;$a$; x', ['select $a$a$;$a$;', 'x']],
    ['tags with digits', 'select $a1$;$a1$; x', ['select $a1$;$a1$;', 'x']],
    [
      'bit texts, and an ampersand before a text, where backslashes count',
      "set standard_conforming_strings = off;\nselect B'\\', x'\\'; select 1 &'\\';'; x",
      ['set standard_conforming_strings = off;', "select B'\\', x'\\';", "select 1 &'\\';';", 'x'],
    ],
    ['a tag that ends right away', 'select $a$ $a$a$; x', ['select $a$ $a$a$;', 'x']],
    ['half a tag', 'select $ab$ $a$ab$; x', ['select $ab$ $a$ab$;', 'x']],
    ['tags of other letters', 'select $é_1$;$é_1$; x', ['select $é_1$;$é_1$;', 'x']],
    ['dollars in names', 'select a$b$; x', ['select a$b$;', 'x']],
    ['dollars behind numbers', 'select 1$$;$$; x', ['select 1$$;$$;', 'x']],
    ['parameters', 'select $1; select $2$x; y', ['select $1;', 'select $2$x;', 'y']],
    ['line comments', "select 1 -- it's; not\n; x", ["select 1 -- it's; not\n;", 'x']],
    ['line comments that a carriage return ends', '-- a\rselect 1;', ['select 1;']],
    ['comments', "select /* ; ' /* ; */ ; */ 1; x", ["select /* ; ' /* ; */ ; */ 1;", 'x']],
    [
      'comments of slashes and stars',
      'select /*/ ; **/ 1; /**/ x /* //* */ ; */ ; y',
      ['select /*/ ; **/ 1;', 'x /* //* */ ; */ ;', 'y'],
    ],
    [
      'operators that hold comments',
      "select 1 +-- ;'\n2 */* ;' */ 3; x",
      ["select 1 +-- ;'\n2 */* ;' */ 3;", 'x'],
    ],
    ['minus and division', 'select 1-2/3; -4; /5', ['select 1-2/3;', '-4;', '/5']],
    [
      'function bodies',
      'create function f() begin atomic select 1; select case when true then 2 end; end; x',
      ['create function f() begin atomic select 1; select case when true then 2 end; end;', 'x'],
    ],
    [
      'procedures that are replaced',
      'create or replace procedure p() begin atomic select 1; end; x',
      ['create or replace procedure p() begin atomic select 1; end;', 'x'],
    ],
    [
      'transactions',
      'begin; select case when 1 then 2 end; end; x',
      ['begin;', 'select case when 1 then 2 end;', 'end;', 'x'],
    ],
    [
      'a setting from the next line on',
      "set standard_conforming_strings = off; select '\\';\nselect '\\';';",
      ['set standard_conforming_strings = off;', "select '\\';", "select '\\';';"],
    ],
    [
      'a setting that is taken back',
      "set standard_conforming_strings to 'off';\nset session standard_conforming_strings to on;\nselect '\\'; x",
      [
        "set standard_conforming_strings to 'off';",
        'set session standard_conforming_strings to on;',
        "select '\\';",
        'x',
      ],
    ],
    [
      'a text that keeps its kind',
      "set standard_conforming_strings = off;\nselect U&'a''\\'; x",
      ['set standard_conforming_strings = off;', "select U&'a''\\';", 'x'],
    ],
    ['a byte order mark', '\ufeffselect 1;', ['select 1;']],
    ['letters that begin like one', '\uf000\uf000 1; x', ['\uf000\uf000 1;', 'x']],
  ])('%s', (_, sql, expected) => {
    expect(texts(sql)).toEqual(expected)
    expect(scan(sql, [...Buffer.from(sql).keys()])).toEqual(scan(sql))
  })
})
