/**
 * A forecast of ports as the 12 bytes of a PORTS attribute: kind(1) 0(1) step(2) others a second(2) round trip in ms(2)
 * first(2) last(2). What makes no sense says nothing. Never throws.
 */
import type { Forecast } from './port-forecast.ts';

/** None for a forecast that says nothing. */
export function forecastBytes(forecast: Forecast): Uint8Array | undefined {
  if (forecast.kind === 'unknown') return undefined;
  const value = new Uint8Array(12);
  const view = new DataView(value.buffer);
  value[0] = FORECASTS.indexOf(forecast.kind);
  if (forecast.kind === 'counting') {
    view.setInt16(2, forecast.step);
    view.setUint16(4, clamped(forecast.perSecond, 0xffff));
    view.setUint16(6, clamped(forecast.rttMs, 0xffff));
  }
  if (forecast.kind === 'random') {
    view.setUint16(8, forecast.first);
    view.setUint16(10, forecast.last);
  }
  return value;
}

export function readForecast(value: Uint8Array | undefined): Forecast {
  if (value?.length !== 12) return { kind: 'unknown' };
  const view = new DataView(value.buffer, value.byteOffset, 12);
  const [step, first, last] = [view.getInt16(2), view.getUint16(8), view.getUint16(10)];
  switch (FORECASTS[view.getUint8(0)]) {
    case 'steady':
      return { kind: 'steady' };
    case 'counting':
      return step === 0 ? { kind: 'unknown' } : { kind: 'counting', step, perSecond: view.getUint16(4), rttMs: view.getUint16(6) };
    case 'random':
      return first === 0 || last < first ? { kind: 'unknown' } : { kind: 'random', first, last };
    default:
      return { kind: 'unknown' };
  }
}

export function clamped(value: number, most: number): number {
  return Math.max(0, Math.min(most, Math.round(value)));
}

const FORECASTS: readonly Forecast['kind'][] = ['unknown', 'steady', 'counting', 'random'];
