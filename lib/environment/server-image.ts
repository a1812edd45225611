/** The last segment of an image's repository: `timescaledb` of `ghcr.io/timescale/timescaledb:2.14@sha256:…`. */
export function imageName(image: string): string {
  return /([^/:@]+)(?::[^/@]*)?(?:@.*)?$/.exec(image)?.[1] ?? ''
}

/** Images that are PostgreSQL, as they are or with an extension; not those that only work with one. */
export function isServerImage(image: string): boolean {
  const server =
    /^(?:[\w.]+-)?(?:postgres(?:ql)?|postgis|timescaledb|pgvector|pgvecto-rs|vectorchord|vchord|pgroonga|citus|spilo|paradedb|age)(?:$|[-_.])/
  return server.test(imageName(image)) && !isCompanionImage(image)
}

/** Images that work with a PostgreSQL elsewhere, and may open its port. */
export function isCompanionImage(image: string): boolean {
  return /bouncer|pool|exporter|admin|backup|operator|proxy|pgcat|odyssey|rest|meta|client|migrat|dump|graphile|hasura/.test(
    imageName(image),
  )
}
