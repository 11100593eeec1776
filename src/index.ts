/** The library: the stages as functions, what they take and what they return. No terminal, no files. */
export {MqliftError, type ErrorDetails, type ErrorKind} from './errors.ts'

export {assess, type AssessInput, type AssessOptions} from './stages/assess.ts'
export {plan, unanswered, type PlanInput, type Planner} from './stages/plan.ts'
export {apply, type Applied, type ApplyInput, type ApplyOptions, type ApplyPorts} from './stages/apply.ts'
export {
  describeMigration,
  migrate,
  type MigrateInput,
  type MigrateOptions,
  type MigrateOutcome,
  type MigratePorts,
} from './stages/migrate.ts'
export {report, type ReportInput} from './stages/report.ts'

export {CRITERIA, WEIGHTS} from './criteria/index.ts'
export {PATTERNS} from './patterns/index.ts'
export {openSource} from './sources/index.ts'
export {awsIdentity, canMoveTo, targetPlatform, targetPlatforms} from './targets/index.ts'

export type {Depth, Delivery, ReadOptions, Source, SourceEvent} from './sources/source.ts'
export type {BrokerOptions, TlsOptions} from './protocols/broker-options.ts'
export type {ConnectedPlatform, Encoded, Entry, Receipt, Target, TargetPlatform} from './targets/target.ts'

export type {Body} from './model/artefact.ts'
export {Assessment} from './model/assessment.ts'
export {Config, Decisions} from './model/decisions.ts'
export {Deployment} from './model/deployment.ts'
export type {Envelope, Headers, Properties, Typed} from './model/envelope.ts'
export type {MigrateEvent} from './model/events.ts'
export {Inventory, Observation} from './model/inventory.ts'
export {Plan} from './model/plan.ts'
export {Platform, Preference} from './model/platform.ts'
export {Report} from './model/report.ts'
export {Secret} from './model/secret.ts'
export {Verification} from './model/verification.ts'
