import { DRM_MODE_CONNECTED, type KmsConnector } from '../../native/kms';

export type ConnectionName = 'connected' | 'disconnected' | 'unknown';

const DRM_MODE_DISCONNECTED = 2;

/** Whether a display is plugged in; `unknown` where the connector cannot tell, as analogue ones. */
export function connectionName({ connection }: KmsConnector): ConnectionName {
  if (connection === DRM_MODE_CONNECTED) return 'connected';
  return connection === DRM_MODE_DISCONNECTED ? 'disconnected' : 'unknown';
}
