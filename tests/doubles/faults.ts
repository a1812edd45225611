import type { Store } from '#lib/store/store'

export type Method = Exclude<keyof Store, 'name'>

export interface Call {
  method: Method
  /** The key, the prefix, or the first of several keys. */
  key: string
}

export interface Fault {
  /** Counts from 1, over all calls that `method` and `key` select. */
  nth: number
  error: unknown
  method?: Method
  /** Only calls whose key or prefix this matches. */
  key?: RegExp
  /** `before` (the default): nothing happens. `after`: it happens, and the answer is lost. */
  when?: 'before' | 'after'
}

export interface FaultyStore extends Store {
  /** In the order in which they were made. */
  readonly calls: readonly Call[]
  /** From now on the calls are counted anew and these fail; none means that all succeed. */
  arrange(...faults: readonly Fault[]): void
}

/** A store that fails the calls that it is told to fail and remembers all. */
export function faultyStore(store: Store, ...first: readonly Fault[]): FaultyStore {
  const calls: Call[] = []
  let faults = first.map(fault => ({ fault, seen: 0 }))

  function faultOf(call: Call): Fault | undefined {
    calls.push(call)
    let hit: Fault | undefined
    for (const counter of faults) {
      const { method, key, nth } = counter.fault
      if ((method && method !== call.method) || (key && !key.test(call.key))) continue
      counter.seen += 1
      if (counter.seen === nth) hit ??= counter.fault
    }
    return hit
  }

  async function run<T>(method: Method, key: string, work: () => Promise<T>): Promise<T> {
    const fault = faultOf({ method, key })
    if (fault && fault.when !== 'after') throw fault.error
    const result = await work()
    if (fault) throw fault.error
    return result
  }

  async function* stream<T>(fault: Fault | undefined, items: AsyncIterable<T>): AsyncGenerator<T> {
    if (fault && fault.when !== 'after') throw fault.error
    yield* items
    if (fault) throw fault.error
  }

  return {
    name: store.name,
    calls,
    arrange: (...next) => {
      calls.length = 0
      faults = next.map(fault => ({ fault, seen: 0 }))
    },
    put: (key, content, options) => run('put', key, () => store.put(key, content, options)),
    get: (key, options) => stream(faultOf({ method: 'get', key }), store.get(key, options)),
    stat: key => run('stat', key, () => store.stat(key)),
    list: (prefix, options) => stream(faultOf({ method: 'list', key: prefix }), store.list(prefix, options)),
    delete: keys => run('delete', keys[0] ?? '', () => store.delete(keys)),
    sweep: folder => run('sweep', folder, () => store.sweep(folder)),
    freeBytes: () => run('freeBytes', '', () => store.freeBytes()),
  }
}
