/** One task of the process: for the moment when a start has compiled its code, and before frames flow that it could hold up. */
let task: (() => void) | undefined;

/** Runs `then` once, in the first start of a pipeline that comes so far. */
export function beforeFirstFrames(then: () => void): void {
  task = then;
}

/** All is connected, and the next step lets frames flow. */
export function framesWillFlow(): void {
  const then = task;
  task = undefined;
  then?.();
}
