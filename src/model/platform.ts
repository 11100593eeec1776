import {z} from 'zod'

/** What we score. `targets/index.ts` joins each platform to the folder that writes to it. */
export const Platform = z.enum([
  'amazon-mq-rabbitmq',
  'amazon-mq-activemq',
  'sqs-standard',
  'sqs-fifo',
  'sns-sqs',
])
export type Platform = z.infer<typeof Platform>
export const PLATFORMS: readonly Platform[] = Platform.options

/** A broker keeps its names, and belongs to no AWS account as far as a plan is concerned. */
export const isBroker = (platform: Platform): boolean => platform.startsWith('amazon-mq-')

/** What a report may recommend: a platform, or the reason to use none of them. */
export const Advice = z.enum([
  ...Platform.options,
  'stay',
  'retire',
  'kinesis',
  'msk',
  'eventbridge',
  'iot-core',
])
export type Advice = z.infer<typeof Advice>

/** Weight of benefit against sameness: p = 0.6, 0.4, 0.1 (stages/assess.ts). */
export const Preference = z.enum(['cloud-native', 'balanced', 'lift-and-shift'])
export type Preference = z.infer<typeof Preference>
export const PREFERENCES: readonly Preference[] = Preference.options
