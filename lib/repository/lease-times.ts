/** Milliseconds between two renewals of a lease. */
export const renewEvery = 5_000

/** Milliseconds without a renewal after which a holder has lost its lease, and after which an observer may take it. */
export const expiry = 20_000

/** Milliseconds between two looks at a lease that somebody holds, and after a renewal that failed. */
export const lookEvery = 1_000
