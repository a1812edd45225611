import { RespaldoError } from '../errors.ts'
import { nobodyRests, type Resting } from '../volumes/quiesce.ts'
import { namesAtWork } from '../volumes/restore-plan.ts'
import { quiescedUsers } from './quiesced.ts'
import type { VolumeWork } from './volume-work.ts'

/** Stops who uses the volume, where that was asked for; `restore-unsafe` when somebody uses it all the same. */
export async function restingUsers({ request, context, parts, volume }: VolumeWork): Promise<Resting> {
  const { target, repository } = parts
  const resting = request.stop
    ? await quiescedUsers(target.source.place, { asked: 'stop', isWritten: true }, context, {
        repository,
        operation: 'restore',
      })
    : nobodyRests
  try {
    const names = namesAtWork((await volume.inspect(context.signal)).users)
    if (names.length === 0) return resting
    throw new RespaldoError('restore-unsafe', `The volume ${volume.name} is used by ${names.join(', ')}`, {
      hint: 'Stop what uses it and try again.',
    })
  } catch (error) {
    await resting.resume()
    throw error
  }
}
