import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What Kubernetes' OpenAPI document says of one kind of object, as the official client's generator wrote it down. */
interface Model {
  types: ReadonlyMap<string, string>
  required: readonly string[]
}

const generated = dirname(fileURLToPath(import.meta.resolve('@kubernetes/client-node/dist/gen/index.js')))

/** The release whose document the client was made of: `release-1.36`. */
export async function releaseOfSchema(): Promise<string> {
  const text = await readFile(join(generated, 'models/V1Pod.js'), 'utf8')
  return /OpenAPI spec version: (\S+)/.exec(text)?.[1] ?? 'unknown'
}

/** Everything in a resource that the document does not allow: unknown fields, missing ones, values of another type, each with its place.
 *  A kind that its API group cannot create is unknown. */
export async function problemsOf(resource: unknown): Promise<string[]> {
  const { apiVersion = '', kind = '' } = resource as { apiVersion?: string; kind?: string }
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  if (!(await canCreate(group, version, kind))) return [`${kind}: ${apiVersion} has no such kind`]
  return problems(resource, `${capital(version)}${kind}`, kind)
}

async function canCreate(group: string, version: string, kind: string): Promise<boolean> {
  const words = group.replace(/\.k8s\.io$/, '').split('.')
  const name = `${words.map(capital).join('') || 'Core'}${capital(version)}Api`
  const file = join(generated, `apis/${name}.d.ts`)
  return existsSync(file) && new RegExp(` create(Namespaced)?${kind}\\(`).test(await readFile(file, 'utf8'))
}

const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1)

const primitives: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: value => typeof value === 'string',
  number: value => Number.isInteger(value),
  boolean: value => typeof value === 'boolean',
  Date: value => typeof value === 'string',
  IntOrString: value => typeof value === 'string' || Number.isInteger(value),
  any: () => true,
}

async function problems(value: unknown, type: string, path: string): Promise<string[]> {
  const element = /^Array<(.+)>$/.exec(type)?.[1]
  if (element) return Array.isArray(value) ? inAll(value, element, path) : [`${path}: has to be a list`]
  const fits = primitives[type]
  if (fits) return fits(value) ? [] : [`${path}: has to be ${type}`]
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return [`${path}: has to be an object`]
  const member = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1]
  return member ? inAll(value, member, path) : inModel(value as Record<string, unknown>, type, path)
}

async function inAll(values: object, type: string, path: string): Promise<string[]> {
  const found = Object.entries(values).map(([key, value]) => problems(value, type, `${path}.${key}`))
  return (await Promise.all(found)).flat()
}

async function inModel(value: Record<string, unknown>, type: string, path: string): Promise<string[]> {
  const { types, required } = await modelOf(type)
  const missing = required.filter(name => !(name in value)).map(name => `${path}.${name}: is missing`)
  const found = Object.entries(value).map(async ([name, one]) => {
    const known = types.get(name)
    return known ? problems(one, known, `${path}.${name}`) : [`${path}.${name}: is no field of ${type}`]
  })
  return [...missing, ...(await Promise.all(found)).flat()]
}

/** Names and types stand in the client's code; what is required only in its declarations. */
async function modelOf(type: string): Promise<Model> {
  const file = join(generated, 'models', type)
  const module = (await import(`${file}.js`)) as Record<
    string,
    { attributeTypeMap: { name: string; baseName: string; type: string }[] }
  >
  const attributes = module[type]?.attributeTypeMap ?? []
  const declared = await readFile(`${file}.d.ts`, 'utf8')
  return {
    types: new Map(attributes.map(({ baseName, type: of }) => [baseName, of])),
    required: attributes
      .filter(({ name }) => declared.includes(`\n    '${name}': `))
      .map(({ baseName }) => baseName),
  }
}
