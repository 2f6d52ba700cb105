/** Looks at a drawing that is larger than its frame: all of it where that can be read, else as much around what is active as can be. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Camera {
  readonly ref: { current: HTMLDivElement | null };
  readonly transform: string;
  zoom(factor: number): void;
  fit(): void;
}

interface Pose {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Smaller than this nobody reads it, and the camera follows what is active instead. */
const READABLE = 0.62;
/** How close it then looks at most. */
const CLOSE = 0.88;
const SMALLEST = 0.12;
const LARGEST = 3;

/** `focuses` are what is active, the outermost first. */
export function useCamera(drawing: { readonly width: number; readonly height: number }, focuses: readonly Box[]): Camera {
  const ref = useRef<HTMLDivElement>(null);
  const [pose, setPose] = useState<Pose>({ x: 0, y: 0, scale: 1 });
  /** False once the user has moved it; `fit` gives it back. */
  const isOwn = useRef(true);
  const [size, setSize] = useState({ width: 0, height: 0 });

  useLayoutEffect(() => {
    const element = ref.current!;
    const read = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const whole = (): Pose => {
    const scale = Math.min(1.1, size.width / (drawing.width + 24), size.height / (drawing.height + 24));
    return { scale, x: (size.width - drawing.width * scale) / 2, y: (size.height - drawing.height * scale) / 2 };
  };
  useLayoutEffect(() => {
    if (!isOwn.current || size.width === 0) return;
    const all = whole();
    const scaleOf = ({ width, height }: Box): number => Math.min(CLOSE, size.width / (width + 24), size.height / (height + 24));
    const focus = focuses.find((one) => scaleOf(one) >= READABLE) ?? focuses.at(-1);
    if (all.scale >= READABLE || focus === undefined) return setPose(all);
    setPose(around(focus, drawing, size, Math.max(READABLE, scaleOf(focus))));
  }, [size, drawing, focuses]);

  const zoomAt = (factor: number, px: number, py: number): void => {
    isOwn.current = false;
    setPose(({ x, y, scale }) => {
      const next = Math.min(LARGEST, Math.max(SMALLEST, scale * factor));
      return { scale: next, x: px - ((px - x) * next) / scale, y: py - ((py - y) * next) / scale };
    });
  };
  useEffect(() => {
    const element = ref.current!;
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      zoomAt(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
    };
    let held: { x: number; y: number } | undefined;
    const down = (event: PointerEvent): void => {
      if (event.target instanceof Element && event.target.closest('button')) return;
      held = { x: event.clientX, y: event.clientY };
      element.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent): void => {
      if (!held) return;
      const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
      held = { x: event.clientX, y: event.clientY };
      isOwn.current = false;
      setPose((before) => ({ ...before, x: before.x + dx, y: before.y + dy }));
    };
    const up = (): void => {
      held = undefined;
    };
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
    return () => {
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', up);
    };
  }, []);

  return {
    ref,
    transform: `translate(${pose.x} ${pose.y}) scale(${pose.scale})`,
    zoom: (factor) => zoomAt(factor, size.width / 2, size.height / 2),
    fit: () => {
      isOwn.current = true;
      setPose(whole());
    },
  };
}

/** The focus in the middle, but no emptiness beside the drawing. */
function around({ x, y, width, height }: Box, drawing: { width: number; height: number }, size: { width: number; height: number }, scale: number): Pose {
  const place = (centre: number, whole: number, frame: number): number => {
    const free = frame - whole * scale;
    const wanted = frame / 2 - centre * scale;
    return free >= 0 ? free / 2 : Math.min(12, Math.max(free - 12, wanted));
  };
  return { scale, x: place(x + width / 2, drawing.width, size.width), y: place(y + height / 2, drawing.height, size.height) };
}
