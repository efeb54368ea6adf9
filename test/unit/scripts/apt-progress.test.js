const { aptProgress } = require('../../../scripts/lib/apt-progress.mjs');

const shown = (lines) => {
  const { read } = aptProgress();
  return lines.map((line) => read(line));
};
const PLAN = '1 upgraded, 2 newly installed, 0 to remove and 5 not upgraded.';

it('counts what apt-get fetches, unpacks and sets up', () => {
  const lines = [
    PLAN,
    'Need to get 340 MB of archives.',
    'Get:1 http://mirror.example/debian bookworm/main amd64 make amd64 4.3-4.1 [396 kB]',
    'Get:2 http://mirror.example/debian bookworm/main amd64 bc amd64 1.07.1-3+b1 [110 kB]',
    'Preparing to unpack .../make_4.3-4.1_amd64.deb ...',
    'Unpacking make (4.3-4.1) ...',
    'Setting up make (4.3-4.1) ...',
    'Setting up bc (1.07.1-3+b1) ...',
  ];
  expect(shown(lines).slice(2)).toEqual([
    'fetching 340 MB, package 1 of 3',
    'fetching 340 MB, package 2 of 3',
    'fetching 340 MB, package 2 of 3',
    'unpacking, package 1 of 3',
    'setting up, package 1 of 3',
    'setting up, package 2 of 3',
  ]);
});

it('says nothing of package lists, and does not count them as packages', () => {
  const list = 'Get:1 http://mirror.example/debian bookworm InRelease [151 kB]';
  const lines = [
    list,
    list,
    PLAN,
    'Need to get 12.3 MB/340 MB of archives.',
    'Get:1 http://mirror.example/x',
  ];
  expect(shown(lines)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    'fetching 12.3 MB, package 1 of 3',
  ]);
});

it('says that another installation is waited for', () => {
  const line =
    'Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 20 (apt)...';
  expect(shown([line])).toEqual(['waiting for another installation on this machine']);
});

it('says what was fetched, and in which time', () => {
  const { read, fetched } = aptProgress();
  read('Fetched 9,021 kB in 1s (6,000 kB/s)');
  expect(fetched()).toBe('9,021 kB fetched in 1s');
  read('Fetched 97.4 MB in 2min 3s (790 kB/s)');
  read('Setting up make (4.3-4.1) ...');
  expect(fetched()).toBe('97.4 MB fetched in 2min 3s');
});
