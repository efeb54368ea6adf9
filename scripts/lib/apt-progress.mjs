// How far an installation is, from what apt-get prints on its way (in English, without a terminal).

/**
 * A reader of apt-get's lines: `read` is called with each, and gives how far the installation is, in words; undefined
 * before apt-get has said how many packages it installs. `fetched` says what was fetched, and in which time.
 * @returns {{ read: (line: string) => string | undefined, fetched: () => string | undefined }}
 */
export function aptProgress() {
  let fetched;
  let packages = 0;
  let archives = '';
  let phase = '';
  let done = 0;
  const count = (name) => {
    done = name === phase ? done + 1 : 1;
    phase = name;
  };
  const read = (line) => {
    fetched = /^Fetched (.*) in (.*) \(/.exec(line)?.slice(1).join(' fetched in ') ?? fetched;
    if (line.startsWith('Waiting for cache lock')) return 'waiting for another installation on this machine';
    const plan = /^(\d+) upgraded, (\d+) newly installed/.exec(line);
    if (plan) {
      packages = Number(plan[1]) + Number(plan[2]);
      phase = '';
    }
    archives = /^Need to get ([^/]*?)(\/.*)? of archives/.exec(line)?.[1] ?? archives;
    if (line.startsWith('Get:')) count(`fetching ${archives}`);
    else if (line.startsWith('Unpacking ')) count('unpacking');
    else if (line.startsWith('Setting up ')) count('setting up');
    return packages && phase ? `${phase}, package ${Math.min(done, packages)} of ${packages}` : undefined;
  };
  return { read, fetched: () => fetched };
}
