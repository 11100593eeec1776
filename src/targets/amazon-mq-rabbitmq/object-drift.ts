import type {Drift} from '../../model/deployment.ts'
import {canonicalJson} from '../canonical-json.ts'
import type {BrokerObject} from './objects.ts'

/** What differs between plan and broker, and what would set it right. */
export interface Difference {
  readonly object: BrokerObject
  readonly do: 'make' | 'set' | 'remove' | 'nothing'
  readonly drift: readonly Drift[]
}

export function differences(
  step: string,
  wanted: readonly BrokerObject[],
  unwanted: readonly BrokerObject[],
  found: ReadonlyMap<string, BrokerObject>,
): Difference[] {
  return [
    ...wanted.flatMap((one) => differenceOf(step, one, found.get(one.name))),
    ...unwanted
      .filter(({name}) => found.has(name))
      .map((object): Difference => ({
        object,
        do: 'remove',
        drift: [line(step, object.name, null, 'exists')],
      })),
  ]
}

function differenceOf(step: string, wanted: BrokerObject, found: BrokerObject | undefined): Difference[] {
  if (!found) return [{object: wanted, do: 'make', drift: [line(step, wanted.name, 'exists', null)]}]
  if (wanted.existsOnly || found.compared === wanted.compared) return []
  return [{object: wanted, do: wanted.mutable ? 'set' : 'nothing', drift: fields(step, wanted, found)}]
}

function fields(step: string, wanted: BrokerObject, found: BrokerObject): Drift[] {
  const names = new Set([...Object.keys(wanted.definition), ...Object.keys(found.definition)])
  return [...names].flatMap((name) => {
    const [want, have] = [said(wanted.definition[name]), said(found.definition[name])]
    return want === have ? [] : [line(step, `${wanted.name} ${name}`, want, have)]
  })
}

const said = (value: unknown): string | null => (value === undefined ? null : canonicalJson(value))

const line = (step: string, attribute: string, wanted: string | null, found: string | null): Drift => ({
  step,
  attribute,
  wanted,
  found,
})
