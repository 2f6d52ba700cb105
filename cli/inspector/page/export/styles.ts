/** The page's own rules for a picture that leaves it: colours as they are seen now, in a form that every viewer knows. */

/** Rules whose selector names one of `classes`. */
export function resolvedStyles(classes: readonly string[]): string {
  const wanted = new RegExp(`\\.(?:${classes.join('|')})\\b`);
  const resolve = resolver();
  const rules: string[] = [];
  for (const rule of pageRules()) {
    if (!(rule instanceof CSSStyleRule) || !wanted.test(rule.selectorText) || /:hover|:focus/.test(rule.selectorText)) continue;
    // A shorthand with a variable in it is listed as parts that are empty.
    const names = [...[...rule.style].filter((name) => !name.startsWith('font')), 'font', 'font-size', 'font-weight', 'font-style'];
    const declared = names.filter((name) => DRAWN.test(name) && rule.style.getPropertyValue(name) !== '').map((name) => `${name}:${resolve(name, rule.style.getPropertyValue(name), rule.selectorText)}`);
    if (declared.length > 0) rules.push(`${rule.selectorText}{${declared.join(';')}}`);
  }
  return rules.join('\n');
}

/** The page's fonts, in the file itself. */
export async function fontFaces(): Promise<string> {
  const faces = pageRules().filter((rule) => rule instanceof CSSFontFaceRule);
  const written = await Promise.all(
    faces.map(async ({ style, parentStyleSheet }) => {
      const [, address] = /url\("?([^")]+)"?\)/.exec(style.getPropertyValue('src'))!;
      const font = await (await fetch(new URL(address!, parentStyleSheet!.href!))).blob();
      return `@font-face{font-family:${style.getPropertyValue('font-family')};font-weight:${style.getPropertyValue('font-weight')};src:url(${await dataUrl(font)}) format('woff2')}`;
    }),
  );
  return written.join('\n');
}

/** What matters for strokes, fills and text. */
const DRAWN = /^(?:fill|stroke|opacity|font|paint-order|filter|--tint)/;

function pageRules(): CSSRule[] {
  return [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
}

/** Resolves variables and mixtures by asking the browser for the pixel they make. */
function resolver(): (name: string, value: string, selector: string) => string {
  const probe = document.createElement('i');
  document.body.append(probe);
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const paint = canvas.getContext('2d', { willReadFrequently: true })!;
  const known = new Map<string, string>();
  const tints = new Map<string, string>();
  queueMicrotask(() => probe.remove());
  const colour = (value: string): string => {
    probe.style.color = '';
    probe.style.color = value;
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = '#0000';
    paint.fillStyle = getComputedStyle(probe).color;
    paint.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = paint.getImageData(0, 0, 1, 1).data;
    return alpha === 255 ? `rgb(${red},${green},${blue})` : `rgba(${red},${green},${blue},${(alpha / 255).toFixed(3)})`;
  };
  return (name, value, selector) => {
    if (name === '--tint') {
      const tint = colour(value);
      tints.set(selector, tint);
      return tint;
    }
    if (name.startsWith('font') || !/var\(|color-mix|light-dark/.test(value)) {
      return value.replaceAll('var(--sans)', "'Inter', sans-serif").replaceAll('var(--mono)', "'JetBrains Mono', monospace");
    }
    // A tint differs from arrow to arrow: it stays a variable, and what is mixed of it stays a mixture.
    if (value.includes('--tint')) return value.replaceAll(/var\(--(?!tint)[\w-]+\)/g, colour);
    const found = known.get(value) ?? (/^(?:fill|stroke)$/.test(name) ? colour(value) : value.replaceAll(/var\([^)]+\)/g, colour));
    known.set(value, found);
    return found;
  };
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(String(reader.result)));
    reader.addEventListener('error', () => reject(new Error('a font could not be read')));
    reader.readAsDataURL(blob);
  });
}
