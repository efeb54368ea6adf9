/** A camera's controls (brightness, exposure…) by name. */
import { isKernelError, UnsupportedError } from '../../errors';
import type { Kernel } from '../../native/kernel';
import type { V4l2Control } from '../../native/v4l2';

// enum v4l2_ctrl_type and V4L2_CTRL_FLAG_* of include/uapi/linux/videodev2.h.
const TYPES: ReadonlyMap<number, CameraControlType> = new Map([
  [1, 'integer'],
  [2, 'boolean'],
  [3, 'menu'],
  [4, 'button'],
  [8, 'bitmask'],
  [9, 'menu'],
]);
const FLAG_DISABLED = 0x1;
const FLAG_GRABBED = 0x2;
const FLAG_READ_ONLY = 0x4;
const FLAG_INACTIVE = 0x10;
const FLAG_WRITE_ONLY = 0x40;

export type CameraControlType = 'integer' | 'boolean' | 'menu' | 'button' | 'bitmask';

export interface CameraControl {
  /** The label in lower case, with `_` between words, as v4l2-ctl prints it: `white_balance_automatic`. */
  name: string;
  /** The driver's name as it is: `White Balance, Automatic`. */
  label: string;
  /** V4L2_CID_* */
  id: number;
  type: CameraControlType;
  minimum: number;
  maximum: number;
  step: number;
  defaultValue: number;
  readOnly: boolean;
  writeOnly: boolean;
  /** Has no effect now because of another control: gain while automatic gain is on. */
  inactive: boolean;
  /** Cannot be changed now, as while streaming. */
  grabbed: boolean;
}

/** Controls whose value is a number; strings, 64-bit and compound controls are left out. */
export function listControls(kernel: Kernel, fd: number): CameraControl[] {
  return enumerate(kernel, fd).flatMap((control) => {
    const type = TYPES.get(control.type);
    if (type === undefined || (control.flags & FLAG_DISABLED) !== 0) return [];
    return [describe(control, type)];
  });
}

export function getControl(kernel: Kernel, fd: number, camera: string, name: string): number {
  const control = findControl(kernel, fd, camera, name);
  if (control.writeOnly)
    throw new UnsupportedError(`Control \`${control.name}\` of ${camera} cannot be read.`);
  return kernel.v4l2GetControl(fd, control.id);
}

export function setControl(kernel: Kernel, fd: number, camera: string, name: string, value: number): void {
  const control = findControl(kernel, fd, camera, name);
  if (control.readOnly) throw new UnsupportedError(`Control \`${control.name}\` of ${camera} is read-only.`);
  if (!Number.isInteger(value) || (control.type !== 'button' && !inRange(control, value))) {
    throw new RangeError(
      `Control \`${control.name}\` of ${camera} takes whole numbers from ${control.minimum} to ${control.maximum}, ` +
        `got ${value}`,
    );
  }
  try {
    kernel.v4l2SetControl(fd, control.id, value);
  } catch (error) {
    if (!isKernelError(error, 'EBUSY')) throw error;
    throw error.advise(
      `Control \`${control.name}\` cannot change now: set it before the camera streams.`,
      camera,
    );
  }
}

function findControl(kernel: Kernel, fd: number, camera: string, name: string): CameraControl {
  const controls = listControls(kernel, fd);
  const wanted = controlName(name);
  const found = controls.find((control) => control.name === wanted);
  if (found) return found;
  const names = controls.map((control) => control.name).join(', ') || 'none';
  throw new UnsupportedError(`${camera} has no control \`${name}\`. It has: ${names}.`);
}

function enumerate(kernel: Kernel, fd: number): V4l2Control[] {
  try {
    return kernel.v4l2EnumControls(fd);
  } catch (error) {
    if (isKernelError(error, 'ENOTTY')) return [];
    throw error;
  }
}

function describe(control: V4l2Control, type: CameraControlType): CameraControl {
  const { id, name: label, minimum, maximum, step, defaultValue, flags } = control;
  return {
    name: controlName(label),
    label,
    id,
    type,
    minimum,
    maximum,
    step,
    defaultValue,
    readOnly: (flags & FLAG_READ_ONLY) !== 0,
    writeOnly: (flags & FLAG_WRITE_ONLY) !== 0,
    inactive: (flags & FLAG_INACTIVE) !== 0,
    grabbed: (flags & FLAG_GRABBED) !== 0,
  };
}

function controlName(label: string): string {
  return label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}

/** A bit mask's bits may fill 32 bits: the kernel's maximum is then a negative number. */
function inRange({ type, minimum, maximum }: CameraControl, value: number): boolean {
  if (type === 'bitmask') return (value & ~maximum) === 0;
  return value >= minimum && value <= maximum;
}
