import type {Plan} from '../../src/model/plan.ts'

/** Flags of `plan` that accept every loss and answer every question with its first choice. */
export function decisionsOf({losses, open}: Plan): string[] {
  const accepted = new Set(losses.filter(({acceptedBy}) => acceptedBy === null).map(({rule}) => rule))
  const asked = open.filter(({answer, choices}) => answer === null && choices.length > 0)
  return [
    ...[...accepted].flatMap((rule) => ['--accept', rule]),
    ...asked.flatMap(({id, choices}) => ['--answer', `${id}=${choices[0]}`]),
  ]
}
