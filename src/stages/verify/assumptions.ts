import type {VerifiedDestination} from '../../model/verification.ts'

/** What a proof rests on (reliability.md 2.1): checked by this run, or assumed. Printed with every proof. */
export function assumptionsOf(destinations: readonly VerifiedDestination[]) {
  const sourceRead =
    destinations.length > 0 && destinations.every(({comparisons}) => comparisons.source === 0)
  const targetRead =
    destinations.length > 0 && destinations.every(({comparisons}) => comparisons.target === 0)
  return [
    {
      id: 'A1',
      text: 'what the target accepted it keeps: AWS stores in several zones before it answers, a broker confirms persistent messages when its disks have them',
      checked: false,
    },
    {id: 'A2', text: 'the disk of this machine keeps what it was told to sync', checked: false},
    {
      id: 'A3',
      text: 'nobody else consumed from or purged the source queues during the move',
      checked: sourceRead,
    },
    {
      id: 'A4',
      text: 'no message expired, was trimmed or dead-lettered at the source while it waited',
      checked: sourceRead,
    },
    {
      id: 'A5',
      text: 'nobody consumed from or purged the target queues before they were counted',
      checked: targetRead,
    },
    {
      id: 'A6',
      text: 'one mover per queue: the ledger was locked, and no other consumer was seen',
      checked: sourceRead,
    },
    {
      id: 'A7',
      text: 'identities that the operator vouched for are unique; contradictions end the trust',
      checked: false,
    },
  ]
}
