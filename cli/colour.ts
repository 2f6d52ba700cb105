/** Colours for people at a terminal; plain text for everybody else. */
import { styleText } from 'node:util';

export type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'cyan' | 'yellow', text: string) => string;

/** Colours where `stream` is a terminal and NO_COLOR (no-color.org) is not set. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const isWanted = stream.isTTY === true && !process.env['NO_COLOR'];
  return isWanted ? (style, text) => styleText(style, text) : (_style, text) => text;
}
