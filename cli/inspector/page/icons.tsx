/** The page's icons: strokes on a grid of 24, drawn for it. */
import type { VNode } from 'preact';

const icon = (d: string): VNode => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <path d={d} />
  </svg>
);

export const ICONS = {
  plus: icon('M12 5v14M5 12h14'),
  minus: icon('M5 12h14'),
  fit: icon('M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5'),
  play: icon('M7 4.5v15l12-7.5z'),
  pause: icon('M8 5v14M16 5v14'),
  forward: icon('M9 5l7 7-7 7'),
  back: icon('M15 5l-7 7 7 7'),
  first: icon('M18 5l-7 7 7 7M6 5v14'),
  last: icon('M6 5l7 7-7 7M18 5v14'),
  fault: icon('M12 4l9 16H3zM12 10v4M12 17v.01'),
  filter: icon('M4 6h16M7 12h10M10 18h4'),
  share: icon('M12 4v11M8 8l4-4 4 4M5 14v5h14v-5'),
  light: icon('M12 8a4 4 0 1 0 .01 0M12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4'),
  dark: icon('M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z'),
  auto: icon('M12 3a9 9 0 1 0 .01 0M12 3v18M12 7.5l5.5 -2M12 12h9M12 16.5l5.5 2'),
  compare: icon('M4 5h6v14H4zM14 5h6v14h-6zM7 9h.01M17 9h.01M7 13h.01M17 13h.01'),
  open: icon('M4 19V6h6l2 2h8v11z'),
  play2: icon('M5 8h14v9H5zM9 12h3M10.5 10.5v3M15.5 12h.01'),
  help: icon('M9.5 9a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .9-1 1.7M12 16.5v.01M12 3a9 9 0 1 0 .01 0'),
  close: icon('M6 6l12 12M18 6L6 18'),
} as const;
