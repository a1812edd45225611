import { RespaldoError } from '#lib/errors'
import type { RestorePlan } from '#lib/postgres/database'
import type { Outside } from './outside.ts'

/** What the user types to confirm. Without a terminal and without `--yes` the question's own error is thrown. */
export async function confirmation(
  question: RespaldoError,
  given: { yes: boolean; asks: boolean },
  outside: Outside,
): Promise<string> {
  const plan = question.context?.plan as RestorePlan | undefined
  const wanted = String(question.context?.confirm)
  if (given.yes) return wanted
  if (!given.asks)
    throw new RespaldoError('not-confirmed', question.message, {
      hint: 'There is no terminal to ask on: add --yes if that is what you want.',
    })
  const prompts = await import('@clack/prompts')
  const output = outside.stderr
  if (plan)
    prompts.note(
      [...plan.steps.map(step => `• ${step}`), ...plan.warnings.map(warning => `! ${warning}`)].join('\n'),
      question.message,
      { output },
    )
  else prompts.log.warn(question.message, { output })
  const answer = await prompts.text({
    message: 'Type the name to confirm',
    placeholder: wanted,
    output,
  })
  if (prompts.isCancel(answer)) throw new RespaldoError('cancelled', 'Nothing was changed')
  return answer
}
