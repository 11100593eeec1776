import {awsFailure, errorFacts, faultOf} from '../protocols/aws-errors.ts'

/** Runs a control call; its failure is told in the operator's words. */
export async function told<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw awsFailure(error, doing)
  }
}

/** The same; null when AWS says that there is no such thing. */
export async function orNull<T>(doing: string, call: () => Promise<T | null>): Promise<T | null> {
  try {
    return await call()
  } catch (error) {
    if (faultOf(errorFacts(error)) === 'target-missing') return null
    throw awsFailure(error, doing)
  }
}
