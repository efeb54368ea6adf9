/** Keeps the JavaScript thread busy: no timer, promise or callback runs meanwhile. */
export function blockFor(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
