/**
 * What Amazon MQ leaves in a configuration; everything else it removes, and says so after the fact
 * (DISALLOWED_ELEMENT_REMOVED, DISALLOWED_ATTRIBUTE_REMOVED). Elements that we write, with the attributes AWS permits
 * (Amazon MQ developer guide, "permitted attributes" and "permitted collections", read April 2026).
 */
export const PERMITTED: Readonly<
  Record<string, {readonly attributes: readonly string[]; readonly children: readonly string[]}>
> = {
  broker: {
    attributes: [
      'advisorySupport',
      'allowTempAutoCreationOnSend',
      'cacheTempDestinations',
      'consumerSystemUsagePortion',
      'dedicatedTaskRunner',
      'deleteAllMessagesOnStartup',
      'keepDurableSubsActive',
      'persistent',
      'populateJMSXUserID',
      'schedulePeriodForDestinationPurge',
      'schedulerSupport',
      'useVirtualDestSubs',
      'useVirtualTopics',
    ],
    children: [
      'destinationInterceptors',
      'destinationPolicy',
      'destinations',
      'networkConnectors',
      'persistenceAdapter',
      'plugins',
      'systemUsage',
      'transportConnectors',
    ],
  },
  destinationInterceptors: {attributes: [], children: ['virtualDestinationInterceptor', 'mirroredQueue']},
  virtualDestinationInterceptor: {attributes: [], children: ['virtualDestinations']},
  virtualDestinations: {attributes: [], children: ['compositeQueue', 'compositeTopic', 'virtualTopic']},
  compositeQueue: {
    attributes: ['concurrentSend', 'copyMessage', 'forwardOnly', 'name', 'sendWhenNotMatched'],
    children: ['forwardTo'],
  },
  compositeTopic: {
    attributes: ['concurrentSend', 'copyMessage', 'forwardOnly', 'name', 'sendWhenNotMatched'],
    children: ['forwardTo'],
  },
  forwardTo: {attributes: [], children: ['queue', 'tempQueue', 'tempTopic', 'topic', 'filteredDestination']},
  filteredDestination: {attributes: ['queue', 'selector', 'topic'], children: []},
  destinationPolicy: {attributes: [], children: ['policyMap']},
  policyMap: {attributes: [], children: ['policyEntries', 'defaultEntry']},
  policyEntries: {attributes: [], children: ['policyEntry']},
  policyEntry: {
    attributes: [
      'allConsumersExclusiveByDefault',
      'expireMessagesPeriod',
      'gcInactiveDestinations',
      'memoryLimit',
      'prioritizedMessages',
      'producerFlowControl',
      'queue',
      'topic',
    ],
    children: ['deadLetterStrategy'],
  },
  deadLetterStrategy: {
    attributes: [],
    children: ['discarding', 'individualDeadLetterStrategy', 'sharedDeadLetterStrategy'],
  },
  individualDeadLetterStrategy: {
    attributes: [
      'enableAudit',
      'expiration',
      'processExpired',
      'processNonPersistent',
      'queuePrefix',
      'queueSuffix',
    ],
    children: [],
  },
  sharedDeadLetterStrategy: {
    attributes: ['enableAudit', 'expiration', 'processExpired', 'processNonPersistent'],
    children: ['deadLetterQueue'],
  },
  deadLetterQueue: {attributes: [], children: ['queue', 'tempQueue', 'tempTopic', 'topic']},
  destinations: {attributes: [], children: ['queue', 'tempQueue', 'tempTopic', 'topic']},
  queue: {attributes: ['DLQ', 'physicalName'], children: []},
  topic: {attributes: ['DLQ', 'physicalName'], children: []},
  plugins: {
    attributes: [],
    children: [
      'authorizationPlugin',
      'discardingDLQBrokerPlugin',
      'forcePersistencyModeBrokerPlugin',
      'redeliveryPlugin',
      'statisticsBrokerPlugin',
      'timeStampingBrokerPlugin',
    ],
  },
  authorizationPlugin: {attributes: [], children: ['map']},
  map: {attributes: [], children: ['authorizationMap']},
  authorizationMap: {
    attributes: [],
    children: ['authorizationEntries', 'defaultEntry', 'tempDestinationAuthorizationEntry'],
  },
  authorizationEntries: {
    attributes: [],
    children: ['authorizationEntry', 'tempDestinationAuthorizationEntry'],
  },
  authorizationEntry: {
    attributes: ['admin', 'queue', 'read', 'tempQueue', 'tempTopic', 'topic', 'write'],
    children: [],
  },
  tempDestinationAuthorizationEntry: {
    attributes: ['admin', 'queue', 'read', 'tempQueue', 'tempTopic', 'topic', 'write'],
    children: ['tempDestinationAuthorizationEntry'],
  },
  statisticsBrokerPlugin: {attributes: [], children: []},
}

export interface XmlElement {
  readonly name: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly children?: readonly XmlElement[]
}

/** What AWS would remove, by path: empty = it takes the configuration as it is. */
export function removedByAws(element: XmlElement, path = ''): string[] {
  const here = `${path}/${element.name}`
  const permitted = Object.hasOwn(PERMITTED, element.name) ? PERMITTED[element.name] : undefined
  if (!permitted) return [here]
  const attributes = Object.keys(element.attributes ?? {})
    .filter((name) => name !== 'xmlns' && !permitted.attributes.includes(name))
    .map((name) => `${here}@${name}`)
  const children = (element.children ?? []).flatMap((child) =>
    permitted.children.includes(child.name) ? removedByAws(child, here) : [`${here}/${child.name}`],
  )
  return [...attributes, ...children]
}
