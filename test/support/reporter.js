// Shows tests as they end, failures in full, and writes the counts of the run for `npm test` to add up.
const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');

const SIGNS = { passed: '✓', failed: '✗', pending: '○', skipped: '○', todo: '○', disabled: '○' };

class Reporter {
  /** @param {{ rootDir: string }} config @param {{ everyTest?: boolean }} [options] */
  constructor(config, options = {}) {
    this.rootDir = config.rootDir;
    this.everyTest = options.everyTest === true;
    this.namePattern = config.testNamePattern;
  }

  onTestFileStart(test) {
    if (this.everyTest) print(`${this.nameOf(test.path)}:`);
  }

  onTestCaseResult(_test, { status, fullName, duration }) {
    if (!this.everyTest || this.isUnselected(status)) return;
    print(`  ${SIGNS[status] ?? '?'} ${fullName}${duration ? ` (${seconds(duration)})` : ''}`);
  }

  onTestFileResult(test, result) {
    const { numPassingTests: passed, numFailingTests: failed, failureMessage } = result;
    const ended = failureMessage ? 'failed' : 'passed';
    if (!this.everyTest && (failureMessage || passed + failed > 0)) {
      const time = seconds(result.perfStats.end - result.perfStats.start);
      print(
        `  ${SIGNS[ended]} ${this.nameOf(test.path)} (${passed + failed} ${passed + failed === 1 ? 'test' : 'tests'}, ${time})`,
      );
    }
    if (failureMessage) print(`\n${failureMessage}`);
  }

  onRunComplete(_contexts, results) {
    const path = process.env.DMAFLOW_TEST_RESULTS;
    if (path) writeFileSync(path, JSON.stringify(this.countsOf(results)));
  }

  // A file that could not be run has no tests; it counts as one that failed.
  countsOf({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults }) {
    const skipped = testResults.flatMap(({ testFilePath, testResults: tests }) =>
      tests
        .filter(({ status }) => !['passed', 'failed'].includes(status) && !this.isUnselected(status))
        .map(({ fullName }) => `${this.nameOf(testFilePath)}: ${fullName}`),
    );
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites, skipped };
  }

  // Tests that `-t` leaves out are reported like skipped ones.
  isUnselected(status) {
    return Boolean(this.namePattern) && status === 'pending';
  }

  nameOf(path) {
    return relative(this.rootDir, path)
      .replace(/^build\/tests\//, '')
      .replace(/\.test\.[jt]s$/, '');
  }
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

function seconds(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

module.exports = Reporter;
