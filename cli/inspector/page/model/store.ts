/** A value that the page shows, and who is told when it changes. No framework but preact's hooks. */
import { useEffect, useState } from 'preact/hooks';

export interface Store<T extends object> {
  get(): T;
  set(change: Partial<T> | ((before: T) => Partial<T>)): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (change) => {
      const fields = typeof change === 'function' ? change(value) : change;
      if (Object.entries(fields).every(([key, one]) => Object.is(one, value[key as keyof T]))) return;
      value = { ...value, ...fields };
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The whole value; the component is drawn again whenever it changes. */
export function useStore<T extends object>(store: Store<T>): T {
  const [value, setValue] = useState(store.get());
  useEffect(() => {
    setValue(store.get());
    return store.subscribe(() => setValue(store.get()));
  }, [store]);
  return value;
}
