/** Default settings of an emission, with overrides by the test. */

import type { EmissionSettings } from '../../src/core/emission/draft/settings.ts';
import { AS_JSON } from '../../src/core/emission/input/line-reading.ts';
import { WHOLE_LINE } from '../../src/core/formats/event-format.ts';
import { DEPTH_MAX, LINE_BYTES_DEFAULT } from '../../src/core/model/config.ts';
import { NO_OVERRIDE } from '../../src/core/model/routing/router.ts';

export function emissionSettings(settings: Partial<EmissionSettings> = {}): EmissionSettings {
  return {
    time: null,
    unique: null,
    zone: null,
    lineBytesMax: LINE_BYTES_DEFAULT,
    depthMax: DEPTH_MAX,
    maxSkewMicros: 86_400e6,
    isClockTrusted: false,
    late: 'record',
    reading: AS_JSON,
    layout: WHOLE_LINE,
    override: NO_OVERRIDE,
    onBadLine: 'collect',
    ...settings,
  };
}
