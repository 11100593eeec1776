/** A shovel, as the broker that runs it knows it. */
export interface ShovelName {
  readonly vhost: string
  readonly name: string
}

/** So many messages from one queue into another one, and then no more: it ends and removes itself. */
export interface Shovel extends ShovelName {
  readonly from: ShovelEnd
  readonly to: ShovelEnd
  /** Null = as many as wait when it begins. */
  readonly messages: number | null
  /** Messages that it may have in hand. */
  readonly prefetch: number
}

export interface ShovelEnd {
  /** With user and password where it is another broker: handed to the broker that runs the shovel. */
  readonly uris: readonly string[]
  readonly queue: string
}

export interface ShovelState {
  /** The broker's own word: `starting`, `running`, `terminated`. It says `running` of one that is stuck, too. */
  readonly word: string
  readonly reason: string | null
}

/** A broker that runs shovels. Errors are MqliftErrors; what writes here writes nothing else to this broker. */
export interface ShovelHost extends AsyncDisposable {
  readonly address: string
  readonly version: string
  /** Replaces one of the same name, which would begin anew. Throws with reason `shovel-refused` when there is none now. */
  put(shovel: Shovel, signal: AbortSignal): Promise<void>
  /** False = it has ended, or never was. */
  exists(shovel: ShovelName, signal: AbortSignal): Promise<boolean>
  /** Null = nobody can say. */
  state(shovel: ShovelName, signal: AbortSignal): Promise<ShovelState | null>
  /** In the middle: what it has in hand goes back to its queue, and may be at the other end as well. */
  remove(shovel: ShovelName, signal: AbortSignal): Promise<void>
}
