/** The keys, over the page. */
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { KEYS } from './keyboard.ts';

export function Help({ onClose }: { readonly onClose: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="help" ref={dialog} onClose={onClose} onClick={({ target, currentTarget }) => target === currentTarget && currentTarget.close()}>
      <h2>Keys</h2>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <>
            <dt>{keys.split(' ').map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{does}</dd>
          </>
        ))}
      </dl>
      <p class="licences">Nothing here comes from, or goes to, anywhere else. <a href="LICENSES.txt">What it is made of</a></p>
    </dialog>
  );
}
