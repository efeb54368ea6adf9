import { rmSync } from 'node:fs';

/** After the tests of the package. */
export default function clear(): void {
  const { DMAFLOW_PACKAGE_TEST } = process.env;
  if (DMAFLOW_PACKAGE_TEST) rmSync(DMAFLOW_PACKAGE_TEST, { recursive: true, force: true });
}
