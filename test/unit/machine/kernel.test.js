const { checkConfiguration } = require('../../board/machine/kernel-build.mjs');
const { newestVersion } = require('../../board/machine/kernel-package.mjs');

describe('the kernel package', () => {
  const names = ['linux-source-6.9', 'linux-source-6.12', 'linux-source-7.3', 'linux-source-6.18'];

  it('is the newest, by number', () => {
    expect(newestVersion(names, '6.17')).toBe('linux-source-7.3');
    expect(newestVersion(names.slice(0, 2), '6.1')).toBe('linux-source-6.12');
  });

  it('is not one that is too old', () => {
    expect(newestVersion(names.slice(0, 2), '6.17')).toBeUndefined();
    expect(newestVersion(['linux-source-6.17'], '6.17')).toBe('linux-source-6.17');
  });
});

describe('the configuration check', () => {
  const wanted = '# a comment\nCONFIG_DRM=y\nCONFIG_NR_CPUS=4\n# CONFIG_IPV6 is not set\n';

  it('passes when every line is there', () => {
    expect(() => checkConfiguration(wanted, 'CONFIG_DRM=y\nCONFIG_NR_CPUS=4\n')).not.toThrow();
  });

  it('names each line that did not survive, and what became of it', () => {
    const actual = 'CONFIG_NR_CPUS=64\nCONFIG_IPV6=y\n# CONFIG_DRM is not set\n';
    expect(() => checkConfiguration(wanted, actual)).toThrow(
      /CONFIG_DRM=y \(is not set\)\n {2}CONFIG_NR_CPUS=4 \(is 64\)\n {2}# CONFIG_IPV6 is not set \(is y\)/,
    );
  });
});
