import {MqliftError} from '../errors.ts'
import type {Platform} from '../model/platform.ts'
import type {TargetPlatform} from './target.ts'

interface Folder {
  readonly platform: TargetPlatform
}

/** Which folder writes to a platform. Loaded when first used: an AWS client takes 140 ms. */
const FOLDERS: Partial<Record<Platform, () => Promise<Folder>>> = {
  'sqs-standard': () => import('./sqs/index.ts'),
  'sqs-fifo': () => import('./sqs/index.ts'),
  'sns-sqs': () => import('./sns/index.ts'),
}

/** Platforms that can be planned, applied and written to; the others are scored only. */
export function canMoveTo(platform: Platform): boolean {
  return platform in FOLDERS
}

export async function targetPlatform(platform: Platform): Promise<TargetPlatform> {
  const load = FOLDERS[platform]
  if (!load) {
    throw new MqliftError('refused', `mqlift does not move to ${platform} yet`, {
      reason: 'platform-unsupported',
      suggestions: [
        `choose another platform under platforms: in mqlift.yaml: ${Object.keys(FOLDERS).join(', ')}`,
      ],
    })
  }
  return (await load()).platform
}
