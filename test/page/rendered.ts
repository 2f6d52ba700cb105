/** Parts of the page without a browser: as HTML, and as what of it is read. */
import { h, type VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

export function html<P>(part: (props: P) => VNode, props: P): string {
  const Part = (): VNode => part(props);
  return renderToString(h(Part, null));
}

export function textOf<P>(part: (props: P) => VNode, props: P): string {
  return html(part, props)
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
