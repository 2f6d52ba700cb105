/** Bytes as lower-case hex, for traces that keep thousands: flat text, where adding up letters leaves a tree of them to collect. */
const DIGITS = new TextEncoder().encode('0123456789abcdef');
const ASCII = new TextDecoder('latin1');
let room = new Uint8Array(4_096);

export function hexOf(data: Uint8Array): string {
  const length = data.length * 2;
  if (room.length < length) room = new Uint8Array(length);
  for (let i = 0; i < data.length; i += 1) {
    const byte = data[i]!;
    room[2 * i] = DIGITS[byte >> 4]!;
    room[2 * i + 1] = DIGITS[byte & 15]!;
  }
  return ASCII.decode(room.subarray(0, length));
}
