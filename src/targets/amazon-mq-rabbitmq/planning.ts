import type {Loss} from '../../model/plan.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss} from '../plan-draft.ts'
import type {PlannedBroker} from './broker.ts'

/** A plan for one broker while it is being written. */
export interface Planning {
  readonly draft: Draft
  readonly broker: PlannedBroker
}

export interface Said {
  /** A destination's id, or `policy:…`, `vhost:…`, `user:…`: whatever is different at the target. */
  readonly subject: string
  readonly field: string
  readonly from: string
  readonly to: string
  readonly undo: string
}

export const say = ({draft}: Planning, said: Said): void => addChange(draft, {...said, change: 'mapped'})

const LATER = 'nothing is applied yet; naming the broker under brokers: in mqlift.yaml asks for a decision'

/** As long as there is no broker nothing is lost: nobody is asked, and everybody can read it. */
export function lose(planning: Planning, loss: Omit<Loss, 'id' | 'acceptedBy'>): void {
  const {draft, broker} = planning
  const {subject, field, change, reason} = loss
  if (broker.exists) addLoss(draft, loss)
  else say(planning, {subject, field, from: 'as it is', to: `${change}: ${reason}`, undo: LATER})
}

/** Ids of what is no destination: as those of destinations, with another word in front. */
export const objectId = (kind: string, vhost: string, name: string): string =>
  `${kind}:${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`
