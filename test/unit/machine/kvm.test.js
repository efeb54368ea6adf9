const { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { kvmWorks } = require('../../board/machine/kvm.mjs');

/** Programs that end as QEMU does: whether KVM is used hangs on what they leave on the console. */
describe('the probe of KVM', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dmaflow-kvm-test-'));
  const node = join(directory, 'kvm');
  const { DMAFLOW_CACHE } = process.env;
  beforeAll(() => {
    process.env.DMAFLOW_CACHE = directory;
    writeFileSync(node, '');
  });
  afterAll(() => {
    if (DMAFLOW_CACHE === undefined) delete process.env.DMAFLOW_CACHE;
    else process.env.DMAFLOW_CACHE = DMAFLOW_CACHE;
    rmSync(directory, { recursive: true });
  });

  // $console is where the machine's console goes; each run leaves a line in the file `runs`.
  function machine(name, body) {
    const path = join(directory, name);
    const find =
      'for word; do case $word in file:*) console=$(expr "$word" : \'file:\\(.*\\)\') ;; esac; done';
    writeFileSync(path, `#!/bin/sh\necho run >>'${join(directory, 'runs')}'\n${find}\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }
  const probe = (program, device = node) => kvmWorks(program, { kernel: '/kernel', device });

  it('says yes where the kernel comes to its end, and asks once', async () => {
    const program = machine('works', 'echo "Kernel panic - not syncing: no root" >"$console"');
    expect(await probe(program)).toBe(true);
    expect(await probe(program)).toBe(true);
    expect(readFileSync(join(directory, 'runs'), 'utf8')).toBe('run\n');
  });

  it('says no where QEMU aborts', async () => {
    expect(await probe(machine('aborts', 'echo Booting >"$console"; kill -ABRT $$'))).toBe(false);
  });

  it('says no where the machine stops before its end', async () => {
    expect(await probe(machine('stops', 'echo Booting >"$console"'))).toBe(false);
  });

  it('says no where QEMU cannot run, and where there is no KVM', async () => {
    expect(await probe(join(directory, 'absent'))).toBe(false);
    expect(
      await probe(machine('unasked', 'echo "Kernel panic" >"$console"'), join(directory, 'no-node')),
    ).toBe(false);
  });
});
