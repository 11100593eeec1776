/** Where resources are: enough to name one that does not exist yet. */
export interface Place {
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string
  readonly region: string
  readonly account: string
}

export function arnOf({partition, region, account}: Place, service: 'sqs' | 'sns', name: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${name}`
}

/** The partition of any ARN, `aws` when it is not one. */
export function partitionOf(arn: string): string {
  return /^arn:([^:]+):/.exec(arn)?.[1] ?? 'aws'
}

/** `sqs-queue:orders` → `orders`: the part of a step id after its first colon. */
export function nameOfStep(id: string): string {
  return id.slice(id.indexOf(':') + 1)
}
