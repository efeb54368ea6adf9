const { readNumber, readOptions, readSize, splitCommand } = require('../../../scripts/lib/options.mjs');

const options = { append: { type: 'string' }, yes: { type: 'boolean' } };
const usage = 'npm run thing -- [--append TEXT] [--yes]';

describe('a command after options', () => {
  const split = (...argv) => splitCommand(options, argv);

  it('begins at the first word that is no option, and keeps its own options', () => {
    expect(split('--append', 'cma=0', '--yes', 'dmaflow', 'heaps', '--json')).toEqual({
      own: ['--append', 'cma=0', '--yes'],
      command: ['dmaflow', 'heaps', '--json'],
    });
  });

  it('begins after --', () => {
    const expected = { own: ['--append=cma=0'], command: ['--weird', '--', 'x'] };
    expect(split('--append=cma=0', '--', '--weird', '--', 'x')).toEqual(expected);
  });

  it('may be absent', () => {
    expect(split('--yes')).toEqual({ own: ['--yes'], command: [] });
    expect(split()).toEqual({ own: [], command: [] });
  });
});

it('says which option does not exist, and shows the usage', () => {
  expect(() => readOptions(usage, options, ['--frames', '3'])).toThrow(/'--frames'.*\nUsage: npm run thing/);
});

it('takes whole numbers in range only', () => {
  expect(readNumber('frames', '300', { minimum: 1, integer: true })).toBe(300);
  for (const text of ['0', '1.5', 'many', '']) {
    expect(() => readNumber('frames', text, { minimum: 1, integer: true })).toThrow(
      `--frames takes a whole number of at least 1, not '${text}'`,
    );
  }
});

it('takes sizes as WIDTHxHEIGHT', () => {
  expect(readSize('size', '1280x720')).toEqual({ width: 1280, height: 720 });
  for (const text of ['1280', '1280x', '0x720', '1280X720']) {
    expect(() => readSize('size', text)).toThrow('--size takes WIDTHxHEIGHT');
  }
});
