/**
 * JMS property names are Java identifiers (JMS 1.1, 3.5.1), and selectors know them only so. `-` and `.` are written
 * as Camel's JmsKeyFormatStrategy writes them, which many JMS applications do already; other names stay packed.
 */
const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/

/** Of JMS, of selectors, of ActiveMQ's scheduler, of ours, and what JavaScript and Java treat specially. */
const RESERVED =
  /^(?:jms|amq_scheduled_|mqlift$|(?:null|true|false|not|and|or|between|like|in|is|escape|__proto__)$)/i

/** Message groups, which producers set as properties. */
const GROUP_ID = 'JMSXGroupID'
const GROUP_SEQUENCE = 'JMSXGroupSeq'

export const isGroupId = (name: string): boolean => name === GROUP_ID
export const isGroupSequence = (name: string): boolean => name === GROUP_SEQUENCE

/** The property that carries a header; null = none can. */
export function propertyFor(name: string): string | null {
  if (isGroupId(name) || isGroupSequence(name)) return name
  const written = name.replaceAll('-', '_HYPHEN_').replaceAll('.', '_DOT_')
  return IDENTIFIER.test(written) && !RESERVED.test(written) ? written : null
}
