import { expect, test } from 'vitest'
import { problemsOf, releaseOfSchema } from './openapi.ts'

const cronJob = (changes: object = {}, container: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'one', labels: { of: 'this' } },
  spec: {
    schedule: '0 2 * * *',
    jobTemplate: { spec: { template: { spec: { containers: [{ name: 'one', ...container }] } } } },
    ...changes,
  },
})

test('the document is that of a current release', async () => {
  expect(await releaseOfSchema()).toMatch(/^release-1\.(3[6-9]|[4-9]\d)$/)
})

test('what the document allows is no problem', async () => {
  const container = { resources: { limits: { memory: '1Gi' } }, ports: [{ containerPort: 80 }] }
  expect(await problemsOf(cronJob({ suspend: true }, container))).toEqual([])
})

test.each([
  [
    'a field is misspelt',
    cronJob({ concurencyPolicy: 'Forbid' }),
    'CronJob.spec.concurencyPolicy: is no field of V1CronJobSpec',
  ],
  [
    'one far inside is',
    cronJob({}, { livenessProbe: { httpGet: { port: 80, pathh: '/' } } }),
    'CronJob.spec.jobTemplate.spec.template.spec.containers.0.livenessProbe.httpGet.pathh: is no field of V1HTTPGetAction',
  ],
  ['a value is of another type', cronJob({ suspend: 'yes' }), 'CronJob.spec.suspend: has to be boolean'],
  [
    'a list is none',
    cronJob({}, { args: 'create' }),
    'CronJob.spec.jobTemplate.spec.template.spec.containers.0.args: has to be a list',
  ],
  [
    'a member is of another type',
    { ...cronJob(), metadata: { labels: { of: true } } },
    'CronJob.metadata.labels.of: has to be string',
  ],
  [
    'the kind is of another group',
    { ...cronJob(), apiVersion: 'apps/v1' },
    'CronJob: apps/v1 has no such kind',
  ],
])('it is told when %s', async (_, resource, problem) => {
  expect(await problemsOf(resource)).toEqual([problem])
})

test('a missing field is told', async () => {
  const { spec, ...rest } = cronJob()
  const { schedule: _, ...without } = spec
  expect(await problemsOf({ ...rest, spec: without })).toEqual(['CronJob.spec.schedule: is missing'])
})
