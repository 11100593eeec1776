import type {Body} from '../model/artefact.ts'
import type {Report, ReportedLoss, Task} from '../model/report.ts'
import {code, link, markdown, table} from './escape.ts'
import type {Section} from './section.ts'
import {names, plural, type Namer} from './words.ts'

export function notMovedSection({notMoved}: Body<Report>, name: Namer): Section {
  return {
    title: 'Not moved',
    lines:
      notMoved.length === 0
        ? []
        : table(
            ['What stays', 'Why'],
            notMoved.map((one) => stayRow(one, name)),
          ),
  }
}

const stayRow = ({subject, because}: Report['notMoved'][number], name: Namer): string[] => [
  name(subject),
  markdown(because),
]

export function lossesSection({losses, changes}: Body<Report>, name: Namer): Section {
  const title = 'Losses, and who accepted them'
  if (changes === null) return {title, lines: []}
  const rows = losses.map((loss) => lossRow(loss, name))
  return {
    title,
    lines: [
      ...(rows.length === 0
        ? ['The plan loses nothing.']
        : table(['What', 'Of', 'Reason', 'Accepted by', 'Id'], rows)),
      '',
      `Besides, ${plural(changes, 'reversible change')}: see \`changes\` in plan.json.`,
    ],
  }
}

const lossRow = ({field, change, subject, reason, acceptedBy, id}: ReportedLoss, name: Namer): string[] => [
  `${code(field)} ${change}`,
  name(subject),
  markdown(reason),
  acceptedBy === null ? '**nobody yet**' : markdown(acceptedBy),
  code(id),
]

export function decisionsSection({tasks}: Body<Report>, name: Namer): Section {
  return {
    title: 'Questions and tasks for people',
    lines:
      tasks.length === 0
        ? []
        : table(
            ['What', 'Who', 'About', 'Answer'],
            tasks.map((one) => taskRow(one, name)),
          ),
  }
}

const taskRow = ({what, who, subjects, answer}: Task, name: Namer): string[] => [
  markdown(what),
  markdown(who),
  names(subjects, name),
  answer === null ? '**open**' : code(answer),
]

/** The words before the first name in it are always ours. */
const isCommand = (remedy: string): boolean => /^(?:rabbitmq[\w-]*|mqlift|aws|chmod) /.test(remedy)

export function notCheckedSection({notChecked}: Body<Report>): Section {
  const rows = notChecked.map(({what, because, remedy}) => [
    markdown(what),
    markdown(because),
    remedy === null ? '–' : isCommand(remedy) ? code(remedy) : markdown(remedy),
  ])
  return {
    title: 'Not checked',
    lines:
      rows.length === 0
        ? ['Everything that was asked for was read.']
        : table(['What', 'Why', 'Remedy'], rows),
  }
}

export function limitsSection({limits}: Body<Report>): Section {
  const rows = limits.map(({service, what, value, url, read}) => [
    markdown(service),
    markdown(what),
    markdown(value),
    url === null ? markdown(read) : link(read, url),
  ])
  return {
    title: 'Limits this report relies on',
    lines: rows.length === 0 ? [] : table(['Service', 'Limit', 'Value', 'Read on'], rows),
  }
}
