/** Files of one kind and what they may know. Globs; own files from the project's root, packages and Node's modules by name. */
export interface Layer {
  name: string
  files: readonly string[]
  may: readonly string[]
  /** Also these, but only their types: nothing of them is loaded. */
  mayType?: readonly string[]
  /** Taken out of `may` again. */
  never?: readonly string[]
  /** Ends the message of every violation. */
  why: string
}

const interfaces = [
  'lib/store/store.ts',
  'lib/environment/environment.ts',
  'lib/postgres/database.ts',
  'lib/volumes/volume.ts',
]
const basics = ['lib/{errors,events,bytes,clock,nearest,intake,walker}.ts']
/** Parts of a function that more than one has, or that would fill its screen. */
const steps = ['lib/steps/**']
const domain = 'lib/{postgres,volumes,repository,strategy,retention,runs,access,schedule,alerts,reports}/**'
/** Of the domain, what a server is made of. */
const service = 'lib/{runs,access,schedule,alerts,reports,notify}/**'

/** A driver is a file, the files whose names begin with its own and a dash, and a folder of its name. */
const drivers = [
  { name: 'docker', folder: 'lib/environment', vendor: ['dockerode'] },
  { name: 'kubernetes', folder: 'lib/environment', vendor: ['@kubernetes/client-node{,/**}', 'ws', 'yaml'] },
  { name: 'direct', folder: 'lib/environment', vendor: [] },
  {
    name: 'embedded',
    folder: 'lib/environment',
    vendor: ['@electric-sql/pglite{,/**}', '@electric-sql/pglite-tools/**'],
  },
  { name: 'mail', folder: 'lib/notify', vendor: ['nodemailer'] },
  { name: 'chat', folder: 'lib/notify', vendor: [] },
  { name: 'hook', folder: 'lib/notify', vendor: [] },
  { name: 'ping', folder: 'lib/notify', vendor: [] },
  { name: 'filesystem', folder: 'lib/store', vendor: [] },
  { name: 'memory', folder: 'lib/store', vendor: [] },
]

const filesOf = (driver: { name: string; folder: string }) => `${driver.folder}/${driver.name}{.ts,-*.ts,/**}`

const driverLayers = drivers.map(
  (driver): Layer => ({
    name: `the driver ${driver.name}`,
    files: [filesOf(driver)],
    may: [...basics, ...interfaces, `${driver.folder}/**`, 'node:*', 'node:*/*', ...driver.vendor],
    never: [...drivers.filter(other => other.name !== driver.name).map(filesOf), 'lib/environment/detect.ts'],
    why: 'a driver knows its interface, Node and its one vendor client, so that it can be replaced or removed alone',
  }),
)

/** Who may import whom. The first layer that has a file is the file's; a file that none has is a violation. */
export const layers: readonly Layer[] = [
  {
    name: 'the table of functions',
    files: ['functions/{index,table}.ts'],
    may: ['functions/*.ts', 'lib/http/**'],
    why: 'the table lists the functions and nothing else',
  },
  {
    name: 'the input that functions share',
    files: ['functions/input.ts'],
    may: ['zod'],
    why: 'these are names and descriptions of flags',
  },
  {
    name: 'functions',
    files: ['functions/*.ts'],
    may: [...basics, ...interfaces, domain, ...steps, 'lib/http/**', 'functions/input.ts', 'zod'],
    mayType: ['lib/services.ts'],
    why: 'a function gets the world handed in as Services, so that it runs on any platform, and stands without the others',
  },
  {
    name: 'the dashboard',
    files: ['runner/dashboard/**'],
    may: ['runner/dashboard/**', 'runner/{invoke,runs}.ts', 'hono', 'hono/html'],
    why: 'whatever the dashboard does goes through invoke, as for every other caller',
  },
  {
    name: 'the demo command',
    files: ['runner/demo{,-*}.ts'],
    may: [
      'runner/**',
      'demo/**',
      'functions/{index,table}.ts',
      ...basics,
      'lib/{services,config}.ts',
      'lib/http/**',
      'node:*',
      'node:*/*',
    ],
    mayType: interfaces,
    why: 'it is a caller like any other that has an application to damage besides',
  },
  {
    name: 'the runner',
    files: ['runner/**'],
    may: [
      'runner/**',
      service,
      'functions/{index,table}.ts',
      ...basics,
      'lib/{services,config}.ts',
      'lib/config/**',
      'lib/http/**',
      'node:*',
      'node:*/*',
      'hono',
      'hono/*',
      '@hono/node-server{,/**}',
      'commander',
      '@clack/prompts',
      'pino',
      'prom-client',
      'yaml',
      'zod',
    ],
    mayType: interfaces,
    why: 'a way in calls functions through the table and knows no single function, driver or repository',
  },
  {
    name: 'files of the user',
    files: ['lib/services/user-files.ts'],
    may: [...basics, 'lib/store/**', 'node:*', 'node:*/*'],
    mayType: ['lib/postgres/foreign.ts'],
    why: 'it opens and makes the files that a command line names, for the services',
  },
  {
    name: 'the services',
    files: ['lib/services{.ts,/**}'],
    may: ['lib/**', 'node:*', 'node:*/*'],
    why: 'they put the parts of lib together for whoever calls, and know no caller',
  },
  {
    name: 'the configuration',
    files: ['lib/config{.ts,/**}'],
    may: [...basics, ...interfaces, 'lib/config/**', 'lib/{access,schedule}/**', 'zod', 'yaml', 'croner'],
    why: 'the configuration is a value that is parsed, whoever uses it',
  },
  {
    name: 'what functions share',
    files: steps,
    may: [...basics, ...interfaces, domain, ...steps],
    mayType: ['lib/http/**', 'lib/services.ts'],
    why: 'these are steps of functions and get everything handed in, as functions do',
  },
  {
    name: 'the foundation',
    files: basics,
    may: [...basics, 'node:*', 'node:*/*'],
    why: 'everything imports these, so they import nothing',
  },
  {
    name: 'http',
    files: ['lib/http/**'],
    may: [...basics, ...interfaces, 'lib/http/**', 'hono', 'hono/*', 'zod'],
    mayType: ['lib/services.ts'],
    why: 'it turns requests into calls and results into answers, on any platform',
  },
  {
    name: 'the domain',
    files: [domain],
    may: [
      ...basics,
      ...interfaces,
      domain,
      'node:{crypto,zlib,stream}',
      'node:stream/*',
      'zod',
      'tar-stream',
      'archiver',
      'croner',
    ],
    why: 'the domain reaches the world through interfaces only: no driver, no hono, no files, no processes',
  },
  ...driverLayers,
  {
    name: 'detection',
    files: ['lib/environment/detect{,-*}.ts'],
    may: [...basics, ...interfaces],
    why: 'detection is handed the environments among which it chooses',
  },
  {
    name: 'what drivers share',
    files: ['lib/{environment,store,notify}/**'],
    may: [...basics, ...interfaces, 'lib/{environment,store,notify}/**', 'node:*', 'node:*/*'],
    never: [...drivers.map(filesOf), 'lib/environment/detect.ts'],
    why: 'what several drivers use knows none of them and no vendor client',
  },
  {
    name: 'the demo application',
    files: ['demo/**'],
    may: [
      'demo/**',
      ...basics,
      ...interfaces,
      'hono',
      'hono/*',
      'zod',
      '@electric-sql/pglite{,/**}',
      'node:*',
      'node:*/*',
    ],
    why: 'it is an ordinary application with a database, which knows nothing of its backups',
  },
]

/** Modules that must not be imported at all, with the files that may. */
export const bannedModules = [
  {
    module: 'hono/streaming',
    except: [],
    why: 'it turns a failed stream into a clean end with status 200; return `new Response(stream)`',
  },
  {
    module: '{node:,}process',
    except: [],
    why: 'use the global `process`, whose `env` is looked for by these rules',
  },
  {
    module: '{node:,}console',
    except: [],
    why: 'output goes through the renderer',
  },
] as const

/** Expressions that only these files may contain. Tests may, but for `any`. */
export const bannedExpressions = [
  {
    expression: 'the time of day',
    except: ['lib/clock.ts'],
    why: 'time is passed in as a Clock, so that tests can set it',
  },
  {
    expression: 'process.env',
    except: ['runner/main.ts', 'runner/lambda.ts'],
    why: 'variables enter at the entry points and are handed on as values',
  },
  {
    expression: 'console',
    except: ['runner/render*.ts'],
    why: 'output goes through the renderer, which knows --json, --quiet and colours',
  },
  {
    expression: 'any',
    except: [],
    why: 'use `unknown` and look, or name the type',
  },
] as const

/** Comments that would switch a check off. */
export const bannedComments = {
  pattern: /(?:\/\/|\/\*)\s*(?:@ts-(?:ignore|expect-error|nocheck)|biome-ignore)/,
  why: 'mend what the check found',
}

/** Words that name no idea: not as a name, and not at the end of one. */
export const emptyEndings = [
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'manager',
  'types',
  'misc',
] as const

/** Not as a name. (libpq has services, so a name may end so.) */
export const emptyNames = [...emptyEndings, 'service'] as const
