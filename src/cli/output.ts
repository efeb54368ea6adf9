/** What a command has to say: the result, and hints that must not get into a pipe. */
export interface CommandOutput {
  stdout: string;
  /** Empty where there is nothing to hint at. */
  stderr: string;
  exitCode: number;
}

/** Two spaces deep, as people read it and `jq` does not mind. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
