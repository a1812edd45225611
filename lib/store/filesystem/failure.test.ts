import { expect, test } from 'vitest'
import { failure } from './failure.ts'

test.for([
  ['ENOSPC', 'space-insufficient'],
  ['EDQUOT', 'space-insufficient'],
  ['EACCES', 'store-denied'],
  ['EPERM', 'store-denied'],
  ['EROFS', 'store-denied'],
  ['ENAMETOOLONG', 'input-invalid'],
  ['ENOENT', 'store-unavailable'],
  ['EIO', 'store-unavailable'],
  ['ESTALE', 'store-unavailable'],
  ['ENOTDIR', 'store-unavailable'],
  ['EMFILE', 'store-unavailable'],
  ['toString', 'store-unavailable'],
])('%s is %s, with what was done, the cause and a hint', ([system = '', code = '']) => {
  const cause = Object.assign(new Error(`${system}: so it is`), { code: system })
  expect(failure('write /backups/a', cause)).toMatchObject({
    code,
    message: `Could not write /backups/a: ${system}: so it is`,
    hint: expect.stringMatching(/^[A-Z].*\.$/),
    cause,
  })
})

test('errors without a code too', () => {
  expect(failure('read x', 'odd')).toMatchObject({ code: 'store-unavailable', hint: expect.any(String) })
})
