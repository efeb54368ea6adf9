// More displays for the board: vkms devices made through configfs (the kernel's Documentation/gpu/vkms.rst).
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const VKMS = '/sys/kernel/config/vkms';
const PRIMARY = 1;

/** Makes vkms devices with one connected display each. False where the kernel cannot. */
export function addDisplays(count) {
  if (!existsSync(VKMS)) return false;
  for (let index = 0; index < count; index += 1) addDisplay(join(VKMS, `bench${index}`));
  return true;
}

function addDisplay(device) {
  const [plane, crtc, encoder, connector] = ['planes', 'crtcs', 'encoders', 'connectors'].map((kind) => {
    return join(device, kind, '0');
  });
  for (const directory of [device, plane, crtc, encoder, connector]) mkdirSync(directory);
  writeFileSync(join(plane, 'type'), String(PRIMARY));
  symlinkSync(crtc, join(plane, 'possible_crtcs/0'));
  symlinkSync(crtc, join(encoder, 'possible_crtcs/0'));
  symlinkSync(encoder, join(connector, 'possible_encoders/0'));
  writeFileSync(join(device, 'enabled'), '1');
}
