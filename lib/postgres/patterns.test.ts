import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseDatabases, fits } from './patterns.ts'

describe('a pattern', () => {
  test.each([
    ['shop', 'shop', true],
    ['shop', 'Shop', false],
    ['shop', 'sho', false],
    ['shop', 'shops', false],
    ['shop', '*', true],
    ['', '*', true],
    ['', '?', false],
    ['shop_test', '*_test', true],
    ['shop_test2', '*_test', false],
    ['shop_2025', 'shop_20??', true],
    ['shop_205', 'shop_20??', false],
    ['aXbXc', 'a*X*c', true],
    ['abab', '*ab', true],
    ['my "odd" base', 'my "*" base', true],
    ['a.b', 'a?b', true],
    ['axb', 'a.b', false],
    ['a[1]', 'a[1]', true],
    ['a1', 'a[1]', false],
    ['año😀', 'a?o?', true],
    ['two\nlines', 'two*', true],
  ])('%j against %j is %s', (name, pattern, expected) => {
    expect(fits(name, pattern)).toBe(expected)
  })

  test('fits as the regular expression that it stands for', () => {
    const signs = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 })
    const names = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
    fc.assert(
      fc.property(names, signs, (name, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(fits(name, pattern)).toBe(expression.test(name))
      }),
    )
  })

  test('of many stars is no long work', () => {
    expect(fits('a'.repeat(63), `${'*a'.repeat(60)}*b`)).toBe(false)
  })
})

describe('a choice of databases', () => {
  const names = ['crm', 'shop', 'shop_test', 'wiki']

  test('is all of them when nothing is said', () => {
    expect(chooseDatabases(names, {})).toEqual({ chosen: names, unfit: [] })
  })

  test('takes what is included and leaves out what is excluded, which wins', () => {
    const choice = { include: ['shop*', 'crm'], exclude: ['*_test'] }
    expect(chooseDatabases(names, choice).chosen).toEqual(['crm', 'shop'])
  })

  test('names the patterns that include nothing', () => {
    const choice = { include: ['crm', 'shpo*'], exclude: ['nobody'] }
    expect(chooseDatabases(names, choice)).toEqual({ chosen: ['crm'], unfit: ['shpo*'] })
  })
})
