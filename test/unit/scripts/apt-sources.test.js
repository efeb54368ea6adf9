const { parseDeb822, parseOneLine, suiteSource } = require('../../../scripts/lib/apt-sources.mjs');

const deb822 = `# See sources.list(5).
Types: deb deb-src
# an older state of the mirror
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Enabled: no

Types: deb-src
URIs: http://mirror.example/sources
Suites: bookworm
Components: main
`;

it('reads deb822 stanzas, and leaves out what is switched off or has no binary packages', () => {
  expect(parseDeb822(deb822)).toEqual([
    {
      uris: ['http://mirror.example/debian'],
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib'],
      options: { 'Signed-By': '/usr/share/keyrings/archive.gpg' },
    },
  ]);
});

it('reads one-line sources with and without options', () => {
  const list = `# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/archive.gpg] http://mirror.example/debian bookworm main contrib # ours
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian trixie main`;
  expect(parseOneLine(list)).toEqual([
    {
      uris: ['http://mirror.example/debian'],
      suites: ['bookworm'],
      components: ['main', 'contrib'],
      options: { 'Signed-By': '/usr/share/keyrings/archive.gpg' },
    },
    {
      uris: ['http://mirror.example/debian'],
      suites: ['trixie'],
      components: ['main'],
      options: {},
    },
  ]);
});

it('keeps a key that stands in the stanza itself', () => {
  const key = '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEYAAA\n -----END PGP PUBLIC KEY BLOCK-----';
  const stanza = `Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\nSigned-By:${key}\n`;
  const [source] = parseDeb822(stanza);
  expect(suiteSource(source, 'trixie-backports')).toBe(
    'Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie-backports\nComponents: main\n' +
      `Signed-By: ${key}\n`,
  );
});
