import { z } from 'zod'

/** An IANA name that this Node knows. */
export const timeZone = z.string().refine(isTimeZone, 'is not a time zone such as Europe/Madrid')

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false // Intl has no other way to ask
  }
}
