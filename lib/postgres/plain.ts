export { type GuardOptions, guardPlain } from './plain-guard.ts'
export { type Sniffed, sniff } from './plain-sniff.ts'
export { type PlainTap, type PlainWalkerOptions, plainWalker } from './plain-walker.ts'
