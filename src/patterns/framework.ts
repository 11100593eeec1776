import {type Framework, FRAMEWORKS, frameworkOf} from '../facts/frameworks.ts'
import type {Pattern} from './pattern.ts'

/** Names only: structure is judged by the other patterns, so a renamed estate loses a hint and nothing else. */
export default {
  id: 'framework',
  question: 'Does a messaging framework own these destinations?',
  advice:
    'Frameworks declare queues and exchanges themselves and have their own transport for SQS and SNS: move the ' +
    'application by configuration, and let the framework create its queues.',
  sources: FRAMEWORKS.map(({url, read}) => ({url, read})),
  find({inventory}) {
    const members = new Map<Framework, string[]>()
    for (const {id, kind, name} of inventory.destinations) {
      const framework = frameworkOf(kind, name)
      if (framework === undefined) continue
      const ids = members.get(framework)
      if (ids === undefined) members.set(framework, [id])
      else ids.push(id)
    }
    return [...members].map(([{name, transport, holds}, ids]) => ({
      subjects: ids,
      because: `${name} by their names; ${holds}`,
      todo:
        transport === null
          ? `${name} has no SQS transport: plan a change of code`
          : `move the applications with ${transport}, and let it create the queues`,
      decide: {
        question: `Which applications use ${name}, and in which version?`,
        who: 'owner of the applications',
      },
      evidence: ids.slice(0, 3),
    }))
  },
} satisfies Pattern
