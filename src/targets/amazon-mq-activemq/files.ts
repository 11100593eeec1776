import type {Body} from '../../model/artefact.ts'
import type {Plan} from '../../model/plan.ts'
import {visible} from '../../model/visible.ts'
import {brokerElement} from './configuration.ts'
import {ActivemqConfigurationSettings} from './steps.ts'
import {removedByAws, type XmlElement} from './whitelist.ts'
import {isXmlText} from './xml-text.ts'

const CONFIGURATION_FILE = 'target/activemq.xml'
const USERS_FILE = 'target/activemq-users.json'

/** What AWS is given: a configuration, and users to create. */
export function files(plan: Body<Plan>): Readonly<Record<string, string | null>> {
  const step = plan.steps.find((each) => each.do === 'activemq-configuration')
  if (!step) return {[CONFIGURATION_FILE]: null, [USERS_FILE]: null}
  const settings = ActivemqConfigurationSettings.parse(step.settings)
  return {
    [CONFIGURATION_FILE]: configurationXml(settings),
    [USERS_FILE]: `${JSON.stringify(settings.users, null, 2)}\n`,
  }
}

export function configurationXml(settings: ActivemqConfigurationSettings): string {
  const broker = brokerElement(settings)
  const removed = removedByAws(broker)
  if (removed.length > 0) throw new Error(`Amazon MQ would remove ${removed.join(', ')}`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${rendered(broker, 0)}\n`
}

function rendered({name, attributes = {}, children = []}: XmlElement, depth: number): string {
  const indent = '  '.repeat(depth)
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
  const open = `${indent}<${name}${given.join('')}`
  if (children.length === 0) return `${open}/>`
  return [`${open}>`, ...children.map((child) => rendered(child, depth + 1)), `${indent}</${name}>`].join(
    '\n',
  )
}

const ENTITIES: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'}

/** Tabs and line ends would become spaces in an attribute. What XML has no way to write must not come this far. */
function escaped(text: string): string {
  if (!isXmlText(text)) throw new Error(`XML cannot say ${visible(text)}`)
  return text.replaceAll(/[&<>"\t\n\r]/g, (found) => ENTITIES[found] ?? `&#${found.charCodeAt(0)};`)
}
