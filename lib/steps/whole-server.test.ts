import { describe, expect, test } from 'vitest'
import { emptyServices } from '../../tests/doubles/services.ts'
import type { RunEvent } from '../events.ts'
import { chosenNames, databaseChoice } from './whole-server.ts'

const opened = (signal = new AbortController().signal) => {
  const events: RunEvent[] = []
  return { services: emptyServices(), report: (event: RunEvent) => void events.push(event), signal, events }
}

describe('the choice of databases', () => {
  test.each([
    [{}, undefined, undefined],
    [{ allDatabases: true }, undefined, {}],
    [{ allDatabases: true, exclude: ['a'] }, undefined, { exclude: ['a'] }],
    [{}, { include: ['a'], exclude: ['b'] }, { include: ['a'], exclude: ['b'] }],
    [{ include: ['c'] }, { include: ['a'], exclude: ['b'] }, { include: ['c'], exclude: ['b'] }],
    [{ allDatabases: true }, { include: ['a'] }, {}],
    [{ allDatabases: false }, { include: ['a'] }, undefined],
  ])('of %j with %j configured is %j', (said, configured, expected) => {
    expect(databaseChoice(said, configured)).toEqual(expected)
  })

  test('contradicts the name of one, and patterns need something to choose from', () => {
    expect(() => databaseChoice({ allDatabases: true, database: 'a' })).toThrow('exclude each other')
    expect(() => databaseChoice({ include: ['a'] })).toThrow('choose among all databases')
  })

  test('of none is an error that says what there is, and of a pattern without effect a warning', () => {
    const context = opened()
    expect(() => chosenNames(['a', 'b'], { include: ['c'] }, context)).toThrow('None of the databases')
    expect(chosenNames(['a', 'b'], { include: ['a', 'c*'] }, context)).toEqual(['a'])
    expect(context.events).toEqual([{ type: 'warning', message: 'No database is called c*' }])
  })
})
