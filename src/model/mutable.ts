/** While it is being made: what is optional is set only when it is there. */
export type Mutable<T> = {-readonly [K in keyof T]: T[K]}
